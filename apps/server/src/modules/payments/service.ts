/** The face of the payments module: what other modules, the routes and the operator's commands may use. */
export { checkPayments, PAYMENT_RULE_COUNT } from './check.ts';
export { declarePaymentQueues, handlePaymentJobs, startPaymentSweeps } from './jobs.ts';
export {
  acceptByHand,
  applyByHand,
  disputeByHand,
  listBilling,
  listMessages,
  type Order,
  openAlerts,
  refundByHand,
  replayMessage,
  resolveAlert,
  showPayment,
} from './operator.ts';
export type { PaymentDeps } from './types.ts';
export { readPurchase, readSubscription } from './views.ts';
