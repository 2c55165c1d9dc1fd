import { z } from 'zod';

type CodeFacts = { readonly status: number; readonly retryable: boolean };
const c = (status: number, retryable = false): CodeFacts => ({ status, retryable });

/**
 * Every error that the product can name: HTTP status and whether the same request may work later.
 * Texts in both languages stand in `text/errors.*.ts` under the same key; a test holds the two together.
 */
export const ERROR_CODES = {
  // request
  'request.invalid': c(400),
  'request.unsupportedType': c(415),
  'request.tooLarge': c(413),
  'request.notFound': c(404),
  'request.methodNotAllowed': c(405),
  'request.rateLimited': c(429, true),
  'request.busy': c(503, true),
  'request.idempotencyKeyMissing': c(400),
  'request.idempotencyMismatch': c(422),
  'request.inProgress': c(409, true),
  // sign-in and account
  'auth.required': c(401),
  'auth.badCredentials': c(401),
  'auth.sessionEnded': c(401),
  'auth.refreshReused': c(401),
  'auth.tokenInvalid': c(400),
  'auth.freshSignInRequired': c(403),
  'auth.passwordTooShort': c(422),
  'auth.passwordTooLong': c(422),
  'auth.passwordCommon': c(422),
  'auth.passwordMalformed': c(422),
  'auth.suspended': c(403),
  'auth.secondFactorRequired': c(401),
  'auth.secondFactorWrong': c(401),
  'auth.secondFactorOn': c(409),
  'auth.lastWayIn': c(409),
  'auth.googleUnavailable': c(409),
  'auth.googleTaken': c(409),
  'auth.browserSignInOver': c(410),
  'auth.browserCodeWrong': c(422),
  // credits
  'credits.insufficient': c(402),
  'credits.debt': c(402),
  'credits.invariantBroken': c(500),
  // payments
  'billing.offerUnknown': c(404),
  'billing.processorUnavailable': c(409),
  'billing.processorDown': c(502, true),
  'billing.processorRefused': c(502),
  'billing.subscriptionActive': c(409),
  'billing.noSubscription': c(409),
  'billing.notPossibleNow': c(409),
  'billing.notRefundable': c(409),
  'billing.webhookRejected': c(400),
  // generations
  'generation.modelUnknown': c(404),
  'generation.modelUnavailable': c(409),
  'generation.settingsInvalid': c(422),
  'generation.sourceMissing': c(422),
  'generation.sourceNotAllowed': c(422),
  'generation.refused': c(422),
  'generation.providerDown': c(502, true),
  'generation.providerRejected': c(502),
  'generation.providerBusy': c(503, true),
  'generation.providerMisconfigured': c(502),
  'generation.submitLost': c(502),
  'generation.timedOut': c(504, true),
  'generation.resultUnreadable': c(502),
  'generation.canceled': c(409),
  'generation.expired': c(410),
  // uploads
  'upload.hashMismatch': c(422),
  'upload.typeNotAllowed': c(422),
  'upload.quota': c(413),
  // network, from the app's point of view
  'network.offline': c(503, true),
  'network.timeout': c(504, true),
  'network.badAnswer': c(502, true),
  // files
  'file.notFound': c(404),
  'file.notRegular': c(422),
  'file.noPermission': c(403),
  'file.empty': c(422),
  'file.unsupported': c(415),
  'file.damaged': c(422),
  'file.tooLarge': c(413),
  'file.changed': c(409, true),
  'file.nameInvalid': c(422),
  'file.outsideFolder': c(403),
  'file.readFailed': c(500, true),
  // output
  'output.folderMissing': c(404),
  'output.folderNotWritable': c(403),
  'output.diskFull': c(507, true),
  'output.sameAsSource': c(409),
  'output.nameTaken': c(409),
  'output.templateInvalid': c(422),
  'output.nameTooLong': c(422),
  'output.verifyFailed': c(500, true),
  'output.writeFailed': c(500, true),
  // engine
  'engine.crashed': c(500, true),
  'engine.timedOut': c(504),
  'engine.memory': c(507),
  'engine.unavailable': c(503, true),
  'engine.stepNotPossible': c(422),
  'engine.targetNotReached': c(422),
  'engine.usage': c(400),
  // desktop
  'ipc.refused': c(403),
  'ipc.unknownRoute': c(404),
  'keychain.unavailable': c(503),
  'keychain.locked': c(503, true),
  'recipe.invalid': c(422),
  'batch.nothingToDo': c(422),
  'batch.notFound': c(404),
  // last resort
  'internal.unexpected': c(500),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;
export const ErrorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
