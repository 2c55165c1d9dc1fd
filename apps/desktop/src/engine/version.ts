/**
 * Version of the engine: part of what makes a variant repeatable, so it changes with every change of what comes out.
 * Its own number, not the app's: variants of one version of the engine repeat bit for bit. A test holds the plans of this version fast.
 */
export const ENGINE_VERSION = '0.2.0';
