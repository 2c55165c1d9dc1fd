/** The face of the credits module: what other modules, the routes and the operator's commands may use. */
export { checkLedger, LEDGER_RULE_COUNT, type Violation } from './check.ts';
export { type ClawbackArgs, clawback, type DisputeArgs, freeze, unfreeze } from './disputes.ts';
export {
  type AdjustArgs,
  adjust,
  type CompensateArgs,
  compensate,
  expireDue,
  type GrantArgs,
  grant,
  grantTrial,
} from './grants.ts';
export {
  capture,
  extendHold,
  type HoldArgs,
  type HoldOutcome,
  type HoldRow,
  hold,
  type ResolveOutcome,
  readHold,
  release,
} from './holds.ts';
export { lockWallet } from './journal.ts';
export { type ExplainedMovement, explainLedger, listMovements, readWallet } from './read.ts';
export { uuidV7 } from './uuid.ts';
