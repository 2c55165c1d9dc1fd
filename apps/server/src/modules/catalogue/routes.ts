import type { Handlers } from '../../http/handlers.ts';
import type { Catalogue } from './service.ts';

/** Handler of the catalogue's route. */
export function catalogueRoutes(deps: { catalogue: Catalogue }): Handlers<'models.list'> {
  return {
    'models.list': async () => {
      await deps.catalogue.refresh();
      return { models: deps.catalogue.list() };
    },
  };
}
