import type { Model } from '@pingplex/shared/contracts/http';
import type { RowProblem } from '@pingplex/shared/contracts/ipc';
import type { SettingsValues } from '@pingplex/shared/domain';
import { z } from 'zod';

type Found = Omit<RowProblem, 'row'>;

/** As much of a property of the schema as reading text takes. */
const Property = z.object({
  type: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
  const: z.union([z.string(), z.number(), z.boolean()]).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
type Property = z.infer<typeof Property>;
const Properties = z.record(z.string(), Property.catch({}));

const TRUE = ['true', 'yes', '1', 'да', 'on'];
const FALSE = ['false', 'no', '0', 'нет', 'off'];

function propertiesOf(model: Model): Record<string, Property> {
  const parsed = Properties.safeParse(model.settingsSchema['properties'] ?? {});
  return parsed.success ? parsed.data : {};
}

/** What a setting may be, in a few characters. */
function allowedBy({ enum: values, type, minimum, maximum }: Property): string {
  if (values !== undefined) return values.map(String).join(', ');
  if (type === 'boolean') return 'true, false';
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`;
  return type ?? '';
}

/** Text as the value that the schema wants; undefined when it is none. */
function readValue(text: string, property: Property): string | number | boolean | undefined {
  const choice = property.enum?.find((one) => String(one).toLowerCase() === text.toLowerCase());
  if (property.enum !== undefined) return choice;
  if (property.type === 'boolean') {
    const word = text.toLowerCase();
    return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined;
  }
  if (property.type !== 'integer' && property.type !== 'number') return text;
  const number = Number(text.replace(',', '.'));
  const isInside = number >= (property.minimum ?? -Infinity) && number <= (property.maximum ?? Infinity);
  return text === '' || !isInside || (property.type === 'integer' && !Number.isInteger(number)) ? undefined : number;
}

/** Reads the cells of a row by the model's schema. What is no setting of the model, or no value of it, is told by column. */
export function readCells(
  model: Model,
  cells: Readonly<Record<string, string>>,
): { values: Record<string, string | number | boolean>; problems: Found[] } {
  const properties = propertiesOf(model);
  const values: Record<string, string | number | boolean> = {};
  const problems: Found[] = [];
  for (const [column, text] of Object.entries(cells)) {
    const property = Object.hasOwn(properties, column) ? properties[column] : undefined;
    if (property === undefined) {
      problems.push({ column, code: 'settingUnknown', what: column, allowed: Object.keys(properties).join(', ') });
      continue;
    }
    const value = readValue(text, property);
    if (value === undefined) problems.push({ column, code: 'settingInvalid', what: text, allowed: allowedBy(property) });
    else values[column] = value;
  }
  return { values, problems };
}

/** A finding of the schema, by its setting. */
export function cellProblem(model: Model, issue: z.core.$ZodIssue, all: SettingsValues): Found {
  const column = String(issue.path[0] ?? (issue.code === 'unrecognized_keys' ? issue.keys[0] : '') ?? '');
  const property = propertiesOf(model)[column];
  if (property === undefined) return { column, code: 'settingUnknown', what: column, allowed: Object.keys(propertiesOf(model)).join(', ') };
  return { column, code: 'settingInvalid', what: String(all[column] ?? ''), allowed: allowedBy(property) };
}
