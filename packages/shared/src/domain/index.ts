export * from './ids.ts';
export * from './media.ts';
export * from './name-template.ts';
export * from './price.ts';
export * from './recipe.ts';
export * from './states.ts';
