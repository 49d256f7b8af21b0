import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  type GraphProto,
  type NodeProto,
} from './proto/onnx-ml_pb.ts';

/** Plain values of node attributes. An `int` is a bigint, so that 1 (INT) and 1.0 (FLOAT) cannot be mixed up. */
export type AttributeValue = bigint | number | string | readonly bigint[] | GraphProto;

export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'bigint') return create(AttributeProtoSchema, { name, type: Kind.INT, i: value });
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: Kind.STRING, s: new TextEncoder().encode(value) });
  if ('node' in value) return create(AttributeProtoSchema, { name, type: Kind.GRAPH, g: value });
  return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: [...value] });
}

/** Sets an attribute, in place of one of the same name. */
export function setAttribute(node: NodeProto, name: string, value: AttributeValue): void {
  node.attribute = [...node.attribute.filter((attribute) => attribute.name !== name), makeAttribute(name, value)];
}

export function intAttribute(node: NodeProto, name: string): number | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute?.type === Kind.INT ? Number(attribute.i) : undefined;
}

export function floatAttribute(node: NodeProto, name: string): number | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute?.type === Kind.FLOAT ? attribute.f : undefined;
}

export function stringAttribute(node: NodeProto, name: string): string | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute?.type === Kind.STRING ? new TextDecoder().decode(attribute.s) : undefined;
}
