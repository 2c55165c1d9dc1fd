import { DESTINATIONS } from '@pingplex/shared/domain';

const INDENT = ' '.repeat(40);
/** Destinations, three to a line. */
const places = Array.from({ length: Math.ceil(DESTINATIONS.length / 3) }, (_, n) =>
  DESTINATIONS.slice(n * 3, n * 3 + 3)
    .map((one) => one.id)
    .join(', '),
)
  .map((line) => `${INDENT}${line}`)
  .join(',\n');

/** What `--help` prints, and what follows a usage error. */
export const USAGE = `pingplex-media: the media engine on the command line

usage: media VERB [OPTIONS] [--] FILE…

  inspect [--quick | --full] [--format ndjson|json|csv|summary] FILE…
                                        summary, tags (Group:Name), privacy flags, signed origin and prompts; full is the
                                        default. csv has one line per value, summary is a CSV with one line per file
  diff A B                              tags of two files, only what differs
  clean --out DIR [--keep GROUPS] [--coarsen place=city|region,time=day|month|year]
        [--remove-credentials] [--new-dates] FILE…
                                        take private details out; GROUPS is a comma-separated list of
                                        credit, time, place, device, description, cover, chapters, credentials;
                                        files with Content Credentials are refused unless they are to be removed;
                                        results carry the file date of their source unless new ones are wanted
  unicalize --out DIR [--variants N] [--seed S] [--strength light|balanced|strong]
            [--min-distance D] [--min-quality Q] [--mirror] FILE…
                                        N different versions of each file (default 3), measured
  convert --out DIR [--preset PLACE] [--format F] [--width W] [--height H] [--fit inside|crop|pad]
          [--enlarge] [--background #rrggbb|blur] [--quality 1-100] [--max-bytes N]
          [--start MS] [--end MS] [--cut exact|lossless] [--cut-to-limit] [--frames N | --every MS]
          [--subtitles burn|track] [--subtitle-file FILE] [--lufs=-16 [--true-peak=-1]]
          [--encoder software|auto] FILE…
                                        another format, size, part, loudness; PLACE is one of
${places}
                                        and what is named besides goes before its rules; with --encoder auto a hardware
                                        encoder does H.264 where one works, and files don't repeat bit for bit then
  thumbnail --out DIR [--size PX] [--at MS] FILE…
                                        upright WebP picture; a drawn waveform for sound
  preview --out DIR FILE…               what a browser can show: WebP, 480-line MP4, AAC
  waveform [--peaks N] FILE…            loudest sample in each of N slices (default 1000)
  compare A B                           distance and quality of two files
  verify FILE…                          SHA-256, and whether everything decodes
  encoders                              hardware encoders that work on this machine, and why the others don't

common options
  --jobs N     files at the same time (default: number of cores)
  --help       this text
  --version    version of the engine

output    one JSON object per line on standard output, one line per file or variant, in order of completion;
          a file that failed has {"file", "error": {"code", "message", …}}; progress goes to standard error
exit code 0 all well, 1 some file failed, 2 wrong usage
Names that begin with a dash are given after -- or as ./-name. Sources are never changed; a taken name gets a number.
`;
