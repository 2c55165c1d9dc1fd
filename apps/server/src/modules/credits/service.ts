/** The face of the credits module: what other modules, the routes and the operator's commands may use. */
export { checkLedger, LEDGER_RULE_COUNT, type Violation } from './check.ts';
export { clawback, freeze, restore, unfreeze } from './disputes.ts';
export { adjust, compensate, expireDue, grant, grantTrial } from './grants.ts';
export { capture, extendHold, hold, readHold, release } from './holds.ts';
export { lockWallet } from './journal.ts';
export { explainLedger, listMovements, readWallet } from './read.ts';
export { uuidV7 } from './uuid.ts';
