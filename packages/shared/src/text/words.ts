import type { CredentialsState, UncheckedWhy } from '../contracts/engine/credentials.ts';
import type { Distance, PrivacyFlag, PrivacyFlagCode } from '../contracts/engine/outcomes.ts';
import type { Grant, Movement } from '../contracts/http/wallet.ts';
import type { ItemView } from '../contracts/ipc/batches.ts';
import type { FitMode } from '../domain/convert-parts.ts';
import type { ExportFormat } from '../domain/export.ts';
import type { KeepGroup, MediaKind } from '../domain/media.ts';
import type { NameFinding } from '../domain/name-template.ts';
import type { ConflictRule, StepVerb, Strength } from '../domain/recipe.ts';
import type { BatchState, ItemState } from '../domain/states.ts';

type Of<K extends string> = Readonly<Record<K, string>>;

/** A private detail: its name, and in plain words what its presence means for the owner. */
export type PrivacyText = { readonly name: string; readonly means: string };

/** Texts of every enum value that users meet. One table per language; the compiler asks for every key. */
export type Words = {
  readonly privacy: Readonly<Record<PrivacyFlagCode, PrivacyText>>;
  /** How a file stands to its signed record, and what that means. */
  readonly credentials: Readonly<Record<CredentialsState, PrivacyText>>;
  readonly unchecked: Of<UncheckedWhy>;
  /** Actions and relationships of C2PA; makers add their own, which are shown as they are. */
  readonly action: Readonly<Record<string, string>>;
  readonly relationship: Readonly<Record<string, string>>;
  readonly exportFormat: Readonly<Record<ExportFormat, PrivacyText>>;
  readonly severity: Of<PrivacyFlag['severity']>;
  readonly keepGroup: Of<KeepGroup>;
  readonly verb: Of<StepVerb>;
  readonly stage: Of<NonNullable<ItemView['stage']>>;
  readonly kind: Of<MediaKind | 'text'>;
  readonly itemState: Of<ItemState>;
  readonly batchState: Of<BatchState>;
  readonly strength: Of<Strength>;
  readonly fit: Of<FitMode>;
  readonly conflict: Of<ConflictRule>;
  readonly band: Of<Distance['band']>;
  readonly name: Of<NameFinding['code']>;
  readonly movement: Of<Movement['kind']>;
  readonly grantKind: Of<Grant['kind']>;
  /** Why credits moved. Failure reasons are error codes and have their texts there. */
  readonly reason: Readonly<Record<string, string>>;
};
