/**
 * Version of the engine: part of what makes a variant repeatable, so it changes with every change of what comes out.
 * Equal to the desktop package's version (a test holds the two together).
 */
export const ENGINE_VERSION = '0.1.0';
