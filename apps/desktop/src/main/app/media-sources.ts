import { FORMATS, type ResultId, resultFacts } from '@pingplex/shared/domain';
import type { MediaSources } from '../protocol/media-protocol.ts';
import type { Services } from './services.ts';

/** Longest side of thumbnails; the grid shows them at half of that on a dense screen. */
const THUMBNAIL_SIZE = 384;

/** Longest side of one frame of a strip. */
const STRIP_SIZE = 160;

/** Where `media://` addresses lead. */
export function mediaSources({ library, previews, batches, create }: Services): MediaSources {
  return {
    thumb: async (id) => {
      const file = library.get(id);
      return file === undefined ? null : previews.thumbnail(file.path, THUMBNAIL_SIZE, id);
    },
    strip: async (id) => {
      const file = library.get(id);
      return file === undefined ? null : previews.strip(file.path, STRIP_SIZE);
    },
    file: async (id) => {
      const file = library.get(id);
      return file === undefined ? null : { path: file.path, mime: FORMATS[file.view.format].mime };
    },
    made: async (id) => {
      const path = create.madePath(id);
      return path === null ? null : { path, mime: FORMATS.png.mime };
    },
    preview: (name) => previews.byName(name),
    result: async (id) => {
      const result = batches.result(id as ResultId);
      return result === undefined || result.path === null ? null : { path: result.path, mime: resultFacts(result.format).mime };
    },
    'result-thumb': async (id) => {
      const result = batches.result(id as ResultId);
      const hasPicture = result !== undefined && result.path !== null && result.kind !== 'text';
      return !hasPicture || result.path === null ? null : previews.thumbnail(result.path, THUMBNAIL_SIZE);
    },
  };
}
