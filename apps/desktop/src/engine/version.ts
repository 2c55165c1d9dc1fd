/** Version of the engine. Equal seeds give equal bytes only on equal versions, so every report of variants names it. */
export const ENGINE_VERSION = '0.1.0';
