/** The page's calls. Stands apart from the schemas so that preload, which needs only these names, stays small. */
export const INVOKE_CHANNEL = 'pingplex:invoke';
/** Calls that preload makes by itself; the only way in for routes marked `preloadOnly`. */
export const PRELOAD_CHANNEL = 'pingplex:preload-invoke';
/** Events from main to the page. */
export const EVENT_CHANNEL = 'pingplex:event';
/** Longest request that main reads, in characters of JSON. */
export const MAX_IPC_CHARS = 8_000_000;
