import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { FunctionProtoSchema, ModelProtoSchema, NodeProtoSchema, TensorProtoSchema } from './proto/onnx-ml_pb.ts';

interface Contents {
  messages: number;
  values: number;
  /** Of the parts that have a limit of their own. */
  readonly parts: Map<DescMessage, number>;
}

/** Wherever they stand: in the graph, in graphs inside its nodes, in functions. */
const PARTS: ReadonlyMap<DescMessage, { readonly what: string; readonly limit: number }> = new Map<
  DescMessage,
  { readonly what: string; readonly limit: number }
>([
  [NodeProtoSchema, { what: 'nodes', limit: LIMITS.onnxNodes }],
  [TensorProtoSchema, { what: 'tensors', limit: LIMITS.tensors }],
  [FunctionProtoSchema, { what: 'functions', limit: LIMITS.onnxFunctions }],
]);

/**
 * Counts what decoding a file would create, without creating it: two bytes are enough for an empty node, so a small
 * file can hold millions of them.
 * @throws FtLensError over the limits; any other error means that the bytes are no protobuf
 */
export function checkContents(bytes: Uint8Array, where: string): void {
  const contents: Contents = { messages: 0, values: 0, parts: new Map() };
  count(new BinaryReader(bytes), bytes.length, ModelProtoSchema, contents, 0);
  for (const [type, { what, limit }] of PARTS) {
    const found = contents.parts.get(type) ?? 0;
    if (found > limit)
      throw inputError(`The ONNX file holds more ${what} than ft-lens reads.`, {
        where,
        expected: `at most ${limit}`,
        got: String(found),
      });
  }
  const tooMany = contents.messages > LIMITS.onnxMessages || contents.values > LIMITS.onnxValues;
  if (!tooMany) return;
  throw inputError('The ONNX file holds more than ft-lens reads.', {
    where,
    expected: `at most ${LIMITS.onnxMessages} parts and ${LIMITS.onnxValues} values`,
    got: `${contents.messages} parts and ${contents.values} values`,
    remedy: 'keep the weights in external data',
  });
}

/** Protobuf messages nest in each other only so far: the decoder's own bound. */
const NESTING = 100;

function count(reader: BinaryReader, end: number, type: DescMessage, contents: Contents, depth: number): void {
  if (depth > NESTING) throw new Error('messages are nested too deeply');
  const fields = fieldsOf(type);
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const inner = fields.get(number);
    if (inner !== undefined && wire === WireType.LengthDelimited) {
      contents.messages += 1;
      if (PARTS.has(inner)) contents.parts.set(inner, (contents.parts.get(inner) ?? 0) + 1);
      const length = reader.uint32();
      count(reader, reader.pos + length, inner, contents, depth + 1);
      continue;
    }
    const skipped = reader.skip(wire, number).length;
    // A packed field holds up to one value a byte; raw tensor bytes stay one view.
    contents.values += wire === WireType.LengthDelimited && isPacked(type, number) ? skipped : 1;
  }
  if (reader.pos !== end) throw new Error('a message runs past its end');
}

/** Field number → the message it holds. */
function fieldsOf(type: DescMessage): ReadonlyMap<number, DescMessage> {
  let fields = FIELDS.get(type);
  if (fields === undefined) {
    fields = new Map(type.fields.flatMap((field) => (field.message ? [[field.number, field.message] as const] : [])));
    FIELDS.set(type, fields);
  }
  return fields;
}

const FIELDS = new WeakMap<DescMessage, ReadonlyMap<number, DescMessage>>();

/** Readers take repeated numbers packed into one field, whether the format says so or not. */
function isPacked(type: DescMessage, number: number): boolean {
  const field = type.fields.find((candidate) => candidate.number === number);
  if (field?.fieldKind !== 'list') return false;
  return field.listKind === 'enum' || (field.listKind === 'scalar' && !TEXTS.has(field.scalar));
}

const TEXTS = new Set([ScalarType.STRING, ScalarType.BYTES]);
