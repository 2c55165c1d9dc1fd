/**
 * What a media file may make FFmpeg do: read itself and nothing else. Playlists, scripts and descriptions that name
 * other files (HLS, DASH, concat, SDP, image sequences) are not on the list, whatever the file is called.
 */
export const DEMUXER_LIMITS = {
  options: {
    protocol_whitelist: 'file',
    format_whitelist: 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mp3,aac,flac,wav,w64,ogg,aiff,mpegts,mpeg,flv,gif,mov,caf',
  },
};
