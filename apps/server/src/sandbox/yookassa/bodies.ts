import { z } from 'zod';
import { YooKassaRefusal } from './types.ts';

const Amount = z.strictObject({ value: z.string().regex(/^\d{1,9}\.\d{2}$/), currency: z.literal('RUB') });
const Metadata = z.record(z.string().max(32), z.string().max(512)).refine((m) => Object.keys(m).length <= 16);
const Confirmation = z.strictObject({
  type: z.literal('redirect'),
  return_url: z.url({ protocol: /^https?$/ }).max(2048),
  locale: z.enum(['ru_RU', 'en_US']).optional(),
  enforce: z.boolean().optional(),
});
const Receipt = z.strictObject({
  customer: z.strictObject({
    email: z.email(),
    full_name: z.string().max(256).optional(),
    phone: z.string().optional(),
    inn: z.string().optional(),
  }),
  items: z
    .array(
      z.strictObject({
        description: z.string().min(1).max(128),
        quantity: z.number().positive().max(99_999.999),
        amount: Amount,
        vat_code: z.int().min(1).max(12),
        measure: z.string(),
        payment_subject: z.string(),
        payment_mode: z.enum(['full_prepayment', 'full_payment']),
      }),
    )
    .min(1)
    .max(80),
  tax_system_code: z.int().min(1).max(6).optional(),
});

export const PaymentBody = z.strictObject({
  amount: Amount,
  capture: z.boolean().default(false),
  description: z.string().max(128).optional(),
  confirmation: Confirmation.optional(),
  save_payment_method: z.boolean().optional(),
  payment_method_id: z.string().optional(),
  merchant_customer_id: z.string().max(200).optional(),
  metadata: Metadata.default({}),
  receipt: Receipt.optional(),
});
export const RefundBody = z.strictObject({
  payment_id: z.string(),
  amount: Amount,
  description: z.string().max(250).optional(),
  metadata: Metadata.default({}),
  receipt: Receipt.optional(),
});
export const MethodBody = z.strictObject({
  type: z.literal('bank_card'),
  confirmation: Confirmation,
  merchant_customer_id: z.string().max(200).optional(),
});

/** Unknown parameters and wrong values are refused with the parameter's name. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new YooKassaRefusal(400, 'invalid_request', issue?.message ?? 'invalid', issue?.path.join('.') ?? null);
}

/** Kopecks of a wire amount. */
export const kopecks = (amount: { value: string }): number => Number(amount.value.replace('.', ''));
export const rubles = (amount: number): { value: string; currency: string } => ({ value: (amount / 100).toFixed(2), currency: 'RUB' });

/** The sum of a receipt's lines is the payment; a shop that makes receipts wants one each time. */
export function checkReceipt(receipt: z.infer<typeof Receipt> | undefined, amount: { value: string }, isWanted: boolean): void {
  const sum = receipt?.items.reduce((total, item) => total + kopecks(item.amount) * item.quantity, 0);
  if ((receipt === undefined && isWanted) || (sum !== undefined && sum !== kopecks(amount))) {
    throw new YooKassaRefusal(400, 'invalid_request', 'Receipt is missing or illegal', 'receipt');
  }
}
