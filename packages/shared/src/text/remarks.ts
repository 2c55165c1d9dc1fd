import type { ErrorText } from './types.ts';

type Of<K extends string, V = string> = Readonly<Record<K, V>>;

/** Why a step can't be done with a file: the parameter `reason` of `engine.stepNotPossible`. */
export type StepReason =
  | 'animated'
  | 'manyPages'
  | 'tooSmall'
  | 'noDecoder'
  | 'noEncoder'
  | 'noSound'
  | 'noPicture'
  | 'differentKinds'
  | 'stillPicture'
  | 'notWritable'
  | 'trimBeyondEnd'
  | 'rawTags'
  | 'noStreamCopy'
  | 'hasCredentials'
  | 'noStepFits'
  | 'otherKind'
  | 'tooLong'
  | 'tooLargeForLimit'
  | 'losslessConflict'
  | 'losslessNotHeld'
  | 'tooManyFrames'
  | 'noSubtitles'
  | 'subtitlesBroken'
  | 'subtitlesNotHeld';

/** What the engine remarks about a file, a result or a measurement. */
export type NoteCode =
  | 'contentCredentialsRemoved'
  | 'aiMarkRemoved'
  | 'gainMapRemoved'
  | 'extraPicturesRemoved'
  | 'motionPhotoRemoved'
  | 'coverRemoved'
  | 'chaptersRemoved'
  | 'placeCoarsened'
  | 'placeNotCoarsened'
  | 'timeCoarsened'
  | 'timeNotCoarsened'
  | 'notVerified'
  | 'contentNotCompared'
  | 'convertedToSrgb'
  | 'reducedTo8Bit'
  | 'transparencyFlattened'
  | 'firstFrameOnly'
  | 'fromEmbeddedPreview'
  | 'hdrReducedTo8Bit'
  | 'subtitlesLeftOut'
  | 'firstSoundTrackOnly'
  | 'soundNotDecodable'
  | 'trimIgnored'
  | 'lowDetail'
  | 'fewTellingFrames'
  | 'noTellingFrames'
  | 'tooShortToTell'
  | 'notAligned'
  | 'differentSize'
  | 'differentShape'
  | 'endsEarly'
  | 'headerUnreadable'
  | 'noStreams'
  | 'streamsUnreadable'
  | 'timedValuesCut'
  | 'exifToolFailed'
  | 'fileTracesUnreadable'
  | 'enlarged'
  | 'fewerFrames'
  | 'soundLeftOut'
  | 'loweredToFit'
  | 'cutToLimit'
  | 'streamsCopied'
  | 'soundCopied'
  | 'cutAtKeyFrame'
  | 'loudnessReached'
  | 'loudnessNotReached'
  | 'loudnessNotMeasurable'
  | 'peaksHeld'
  | 'encodedOnHardware'
  | 'encodedInSoftware';

/** Notes of a distance that say that there is none; a score beside them means nothing. */
export type UntoldCode = 'tooShortToTell' | 'noTellingFrames';

/** Sentences made of an error's parameters. */
export type DetailKey =
  | 'fileBytes'
  | 'filePixels'
  | 'fileFrames'
  | 'disk'
  | 'credits'
  | 'files'
  | 'names'
  | 'part'
  | 'tags'
  | 'categories'
  | 'wait';

export type Remarks = {
  readonly reason: Of<StepReason, ErrorText>;
  readonly note: Of<NoteCode>;
  /** A group of tags that was to be kept but could not be; `{group}` is its name. */
  readonly notKept: string;
  /** Stands where a score would, in the middle of a line. */
  readonly untold: Of<UntoldCode>;
  readonly detail: Of<DetailKey>;
};
