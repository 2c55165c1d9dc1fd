import type { ErrorTexts } from './types.ts';

export const errorsEn: ErrorTexts = {
  'request.invalid': { title: 'Something in the request isn’t right', next: 'Check the marked fields and try again.' },
  'request.unsupportedType': { title: 'The server doesn’t accept this kind of content', next: 'Update pingplex and try again.' },
  'request.tooLarge': { title: 'That is too much at once', next: 'Send less at once or use a smaller file.' },
  'request.notFound': { title: 'This doesn’t exist any more', next: 'Refresh the list.' },
  'request.methodNotAllowed': { title: 'The server doesn’t offer this', next: 'Update pingplex and try again.' },
  'request.rateLimited': { title: 'Too many requests in a short time', next: 'Wait a moment, then try again.' },
  'request.busy': { title: 'The server is busy', next: 'Try again in a moment; nothing was charged.' },
  'request.idempotencyKeyMissing': { title: 'A paid request came without its key', next: 'Nothing was charged. Try again.' },
  'request.idempotencyMismatch': {
    title: 'The same request was sent with other content',
    next: 'Nothing was charged twice. Start the step again.',
  },
  'request.inProgress': { title: 'This request is already being worked on', next: 'Wait for it to finish.' },

  'auth.required': { title: 'You are not signed in', next: 'Sign in on the Account screen. Local steps work without an account.' },
  'auth.badCredentials': {
    title: 'E-mail or password is wrong',
    next: 'Check both, or reset your password. After signing up, open the link in our mail first.',
  },
  'auth.sessionEnded': { title: 'Your session has ended', next: 'Sign in again. Your files and results are untouched.' },
  'auth.refreshReused': {
    title: 'This device was signed out for safety',
    next: 'Its session key was used twice. Sign in again and change your password if that wasn’t you.',
  },
  'auth.tokenInvalid': { title: 'This link is used up or too old', next: 'Ask for a new mail.' },
  'auth.freshSignInRequired': { title: 'Please confirm that it’s you', next: 'Enter your password again.' },
  'auth.passwordTooShort': { title: 'The password is too short', next: 'Use at least {min|8} characters; 15 or more is better.' },
  'auth.passwordTooLong': { title: 'The password is too long', next: 'Use fewer characters.' },
  'auth.passwordCommon': { title: 'This password is on lists that attackers try first', next: 'Choose another one.' },
  'auth.passwordMalformed': { title: 'The password contains characters that can’t be stored', next: 'Type it again without them.' },
  'auth.suspended': { title: 'This account is suspended', next: 'Write to support. Local steps keep working.' },
  'auth.secondFactorRequired': {
    title: 'A code of your authenticator app is needed',
    next: 'Enter its six digits, or one of your recovery codes.',
  },
  'auth.secondFactorWrong': {
    title: 'This code isn’t right',
    next: 'Each code works once and for half a minute. Wait for the next one, or use a recovery code.',
  },
  'auth.secondFactorOn': {
    title: 'Two-factor sign-in is on already',
    next: 'Switch it off first if you want to use another authenticator app.',
  },
  'auth.lastWayIn': {
    title: 'This is the only way into your account',
    next: 'Set a password first with “Forgot the password?”, then unlink Google.',
  },
  'auth.googleUnavailable': {
    title: 'This server doesn’t offer sign-in with Google',
    next: 'Sign in with e-mail and password.',
  },
  'auth.googleTaken': {
    title: 'This Google account belongs to another pingplex account',
    next: 'Choose another Google account, or unlink it there first.',
  },
  'auth.browserSignInOver': {
    title: 'This sign-in in the browser is over',
    next: 'Start it again.',
  },
  'auth.browserCodeWrong': {
    title: 'This code isn’t right',
    next: 'Copy it from the browser once more. After five wrong codes the sign-in has to be started again.',
  },

  'credits.insufficient': {
    title: 'Not enough credits',
    next: 'This run needs more than your wallet has. Choose fewer files or remove the cloud step.',
  },
  'credits.debt': { title: 'Your wallet has a debt', next: 'Cloud steps are paused until it is settled. Local steps keep working.' },
  'credits.invariantBroken': { title: 'The ledger refused this movement', next: 'Nothing was charged. Write to support.' },

  'billing.offerUnknown': { title: 'This isn’t offered any more', next: 'Open the plans again and choose another one.' },
  'billing.processorUnavailable': { title: 'This way of paying isn’t available', next: 'Choose another way of paying.' },
  'billing.processorDown': { title: 'The payment service can’t be reached', next: 'Nothing was paid twice. Try again in a moment.' },
  'billing.processorRefused': {
    title: 'The payment service refused this',
    next: 'Nothing was paid. Try another way of paying, or write to support.',
  },
  'billing.subscriptionActive': { title: 'You already have a subscription', next: 'Change or end the present one first.' },
  'billing.noSubscription': { title: 'There is no running subscription', next: 'Choose a plan to begin one.' },
  'billing.notPossibleNow': {
    title: 'This can’t be done in the subscription’s present state',
    next: 'Look at the state of the subscription and try again.',
  },
  'billing.notRefundable': {
    title: 'This payment can’t be refunded by yourself',
    next: 'Refunds work for 14 days and for unspent credits. Write to support.',
  },
  'billing.webhookRejected': {
    title: 'This message doesn’t come from the payment service',
    next: 'Check the webhook’s secret and address.',
  },

  'generation.modelUnknown': { title: 'This model doesn’t exist', next: 'Choose another model in the step.' },
  'generation.modelUnavailable': { title: 'This model isn’t available now', next: 'Choose another model, or try again later.' },
  'generation.settingsInvalid': { title: 'The model doesn’t accept these settings', next: 'Open the AI edit step and check its settings.' },
  'generation.sourceMissing': { title: 'The model needs a source file', next: 'Add a file that it accepts.' },
  'generation.sourceNotAllowed': { title: 'The model doesn’t accept this file', next: 'Convert it first, or leave this file out.' },
  'generation.refused': {
    title: 'The provider refused this prompt or picture',
    next: 'The credits were given back. Change the prompt; sending the same again won’t help.',
  },
  'generation.providerDown': { title: 'The provider can’t be reached', next: 'The credits were given back. Try again later.' },
  'generation.providerRejected': {
    title: 'The provider rejected the request',
    next: 'The credits were given back. Check the step’s settings.',
  },
  'generation.providerBusy': { title: 'The provider is overloaded', next: 'The credits were given back. Try again in a few minutes.' },
  'generation.providerMisconfigured': {
    title: 'The server isn’t set up for this provider',
    next: 'The credits were given back. Tell the operator of the server.',
  },
  'generation.submitLost': {
    title: 'It isn’t known whether the provider got the request',
    next: 'The credits were given back; we never send such a request twice. Start it again if you wish.',
  },
  'generation.timedOut': { title: 'The provider took too long', next: 'The credits were given back. Try again.' },
  'generation.resultUnreadable': { title: 'The provider’s answer can’t be read', next: 'The credits were given back. Try again.' },
  'generation.canceled': { title: 'The generation was canceled', next: 'What wasn’t delivered was given back.' },
  'generation.expired': { title: 'This result isn’t kept on the server any more', next: 'Run the step again to make a new one.' },

  'upload.hashMismatch': { title: 'The file changed while it was sent', next: 'Try again; nothing was charged.' },
  'upload.typeNotAllowed': { title: 'This kind of file can’t be sent', next: 'Convert it to JPEG, PNG or WebP first.' },
  'upload.quota': { title: 'Your space for uploads is full', next: 'Wait until running generations finish.' },

  'network.offline': {
    title: 'The server can’t be reached',
    next: 'Local steps keep working. Cloud steps go on when you are online again.',
  },
  'network.timeout': { title: 'The server didn’t answer in time', next: 'Try again.' },
  'network.badAnswer': {
    title: 'The server’s answer can’t be understood',
    next: 'Check the server address in the settings, or update pingplex.',
  },

  'file.notFound': {
    title: 'The file isn’t there any more',
    next: 'It was moved, renamed or deleted. Put it back, or remove it from the list.',
  },
  'file.notRegular': {
    title: 'This isn’t an ordinary file',
    next: 'Folders are added with “Add folder”; devices and pipes can’t be added.',
  },
  'file.noPermission': { title: 'The system doesn’t let us read this file', next: 'Check its permissions, then try again.' },
  'file.empty': { title: 'The file is empty', next: 'It has no content at all. Copy it again from where it came.' },
  'file.unsupported': { title: 'This kind of file isn’t supported', next: 'Pictures, video and sound in the usual formats can be added.' },
  'file.damaged': { title: 'The file is damaged', next: 'Copy or export it again; what is left of it can’t be worked on.' },
  'file.tooLarge': { title: 'The file is too large for this step', next: 'Make it smaller first.' },
  'file.changed': {
    title: 'The file changed while it was being worked on',
    next: 'Wait until other programs are done with it, then retry.',
  },
  'file.nameInvalid': { title: 'This name can’t be used', next: 'Rename the file and add it again.' },
  'file.outsideFolder': {
    title: 'The file lies outside the chosen folder',
    next: 'Links that lead elsewhere aren’t followed. Add the file itself.',
  },
  'file.readFailed': { title: 'The file can’t be read', next: 'Check the disk or connection, then retry.' },

  'output.folderMissing': { title: 'There is no output folder', next: 'Choose a folder for the results.' },
  'output.folderNotWritable': { title: 'The output folder can’t be written to', next: 'Choose another folder or change its permissions.' },
  'output.diskFull': { title: 'The disk is full', next: 'Free some space or choose another disk, then retry. Finished results are safe.' },
  'output.sameAsSource': { title: 'The result would replace its source', next: 'Choose another folder or another naming template.' },
  'output.nameTaken': { title: 'The wanted name is already taken', next: 'Choose “number” for taken names, or another template.' },
  'output.templateInvalid': { title: 'The naming template can’t be used', next: 'Mend it in the recipe bar.' },
  'output.nameTooLong': { title: 'The name would be too long', next: 'Shorten the naming template.' },
  'output.verifyFailed': {
    title: 'The written file didn’t read back right',
    next: 'It was thrown away. Retry; check the disk if it happens again.',
  },
  'output.writeFailed': { title: 'The result can’t be written', next: 'Check the disk and the folder, then retry.' },

  'engine.crashed': { title: 'The media engine stopped on this file', next: 'It was started again. Retry, or leave this file out.' },
  'engine.timedOut': { title: 'This file took too long', next: 'Use gentler settings or a smaller file.' },
  'engine.memory': { title: 'This file needs more memory than allowed', next: 'Make it smaller first.' },
  'engine.unavailable': {
    title: 'Part of the media engine isn’t available',
    next: 'Restart pingplex; install it again if that doesn’t help.',
  },
  'engine.stepNotPossible': { title: 'This step can’t be done with this file', next: 'Remove the step or leave this file out.' },
  'engine.targetNotReached': {
    title: 'The chosen distance can’t be reached at this quality',
    next: 'Lower the distance, allow less quality, or choose a stronger preset.',
  },
  'engine.usage': { title: 'The engine got settings it doesn’t know', next: 'Check the step’s settings.' },

  'ipc.refused': { title: 'The window isn’t allowed to do this', next: 'Restart pingplex.' },
  'ipc.unknownRoute': { title: 'The window asked for something unknown', next: 'Restart pingplex.' },
  'keychain.unavailable': { title: 'This system has no keychain', next: 'You stay signed in until you quit.' },
  'keychain.locked': { title: 'The keychain is locked', next: 'Unlock it, then try again.' },
  'recipe.invalid': { title: 'This recipe can’t be run', next: 'Check its steps.' },
  'batch.nothingToDo': { title: 'There is nothing to do', next: 'Add files that the steps can work on.' },
  'batch.notFound': { title: 'This batch doesn’t exist any more', next: 'Refresh the queue.' },

  'internal.unexpected': {
    title: 'Something unexpected went wrong',
    next: 'Try again. If it happens again, copy the report and send it to support.',
  },
};
