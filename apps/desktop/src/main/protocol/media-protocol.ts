import { parseUrl } from '../security/parse-url.ts';
import { serveFile } from './serve-file.ts';

/** Where a media address leads; the window knows ids, only these look-ups know paths. Null: no such id. */
export type MediaSources = {
  readonly [kind in 'thumb' | 'strip' | 'file' | 'made' | 'preview' | 'result' | 'result-thumb']: (
    id: string,
  ) => Promise<{ path: string; mime: string } | null>;
};

const ID = /^[A-Za-z0-9_.-]{1,128}$/;

/** Serves `media://<kind>/<id>`: ids only, never paths. */
export function createMediaHandler(sources: MediaSources): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = parseUrl(request.url);
    const id = url?.pathname.slice(1) ?? '';
    const look = url === null || !Object.hasOwn(sources, url.host) ? undefined : sources[url.host as keyof MediaSources];
    if (look === undefined || !ID.test(id)) return new Response(null, { status: 404 });
    try {
      const found = await look(id);
      return found === null ? new Response(null, { status: 404 }) : await serveFile(request, found.path, found.mime);
    } catch {
      // The reason stands on the file's row; an address of a picture can only say that there is none.
      return new Response(null, { status: 404 });
    }
  };
}
