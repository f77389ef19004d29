// What a template has only if a parameter asks for it: resources get a condition, and what others say of them is said under the
// same condition. The constructs of the CDK know nothing of conditions, and are used as they are.
import { type CfnCondition, CfnOutput, CfnResource } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { own } from '../../core/own.ts'

/** Everything in a scope, but what has a condition already: that one is narrower. */
export function onlyIf(condition: CfnCondition, ...scopes: readonly IConstruct[]): void {
  for (const one of scopes.flatMap((scope) => scope.node.findAll())) {
    if (CfnResource.isCfnResource(one)) one.cfnOptions.condition ??= condition
    if (one instanceof CfnOutput) one.condition ??= condition
  }
}

type Json = Readonly<Record<string, unknown>>
type Part = { readonly Condition?: string; readonly DependsOn?: unknown } & Json
type Parts = Readonly<Record<string, Part>>
export type TemplateText = { readonly Resources: Parts; readonly Outputs?: Parts; readonly Conditions?: Json } & Json

const noValue = { Ref: 'AWS::NoValue' }

/** What names a resource that there may not be is left out where there is none: an element of a list, or a variable. */
export function saidIfThere(template: TemplateText): TemplateText {
  const { Resources, Outputs = {}, Conditions = {} } = template
  const under = (part: Part) => implied(part.Condition, Conditions)
  const said = (parts: Parts): Parts =>
    Object.fromEntries(
      Object.entries(parts).map(([id, part]) => {
        const { value, needs } = saidIn(part, (named) => conditionOf(own(Resources, named), under(part)))
        const [missing] = needs
        if (missing !== undefined) throw new Error(`bug: ${id} names what there is only with ${missing}`)
        return [id, value as Part]
      }),
    )
  return { ...template, Resources: said(Resources), Outputs: said(Outputs) }
}

/** @param known the conditions that hold where it is named */
const conditionOf = (named: Part | undefined, known: ReadonlySet<string>): readonly string[] =>
  named?.Condition === undefined || known.has(named.Condition) ? [] : [named.Condition]

/** The conditions that hold with one: those of which it is an alternative, and its own parts. */
function implied(condition: string | undefined, conditions: Json): ReadonlySet<string> {
  const found = new Set<string>()
  const named = (list: unknown): readonly unknown[] =>
    Array.isArray(list) ? list.map((one: { readonly Condition?: unknown }) => one.Condition) : []
  const follow = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    for (const part of named((own(conditions, name) as Json | undefined)?.['Fn::And'])) follow(String(part))
    for (const [wider, expression] of Object.entries(conditions))
      if (named((expression as Json)['Fn::Or']).includes(name)) follow(wider)
  }
  if (condition !== undefined) follow(condition)
  return found
}

type Said = { readonly value: unknown; readonly needs: readonly string[] }
type Needs = (id: string) => readonly string[]

/** @returns the value, and the conditions without which it cannot be said */
function saidIn(value: unknown, needsOf: Needs, key = ''): Said {
  if (Array.isArray(value)) return saidInList(value as readonly unknown[], needsOf, key)
  if (typeof value !== 'object' || value === null) return { value, needs: [] }
  const { Ref, 'Fn::GetAtt': attribute } = value as { readonly Ref?: string; readonly 'Fn::GetAtt'?: readonly string[] }
  const id = Ref ?? attribute?.[0]
  if (id !== undefined) return { value, needs: needsOf(id) }
  // Somebody has thought of it.
  if ('Fn::If' in value) return chosen(value as { readonly 'Fn::If': readonly [string, unknown, unknown] })
  const fields = Object.entries(value).map(([name, one]) => [name, saidIn(one, needsOf, name)] as const)
  const isMap = key === 'Variables'
  return {
    value: Object.fromEntries(
      fields.map(([name, { value: one, needs }]) => [name, isMap ? wrapped(one, needs) : one] as const),
    ),
    needs: isMap ? [] : unique(fields.flatMap(([, { needs }]) => needs)),
  }
}

/** What is left out by hand is like what is not there. */
const chosen = (value: { readonly 'Fn::If': readonly [string, unknown, unknown] }): Said => {
  const [condition, inner, otherwise] = value['Fn::If']
  const isLeftOut = JSON.stringify(otherwise) === JSON.stringify(noValue)
  return isLeftOut ? { value: inner, needs: [condition] } : { value, needs: [] }
}

function saidInList(list: readonly unknown[], needsOf: Needs, key: string): Said {
  const parts = key === 'Statement' ? list.flatMap((one) => perResource(one, needsOf)) : list
  const elements = parts.map((one) => saidIn(one, needsOf))
  // The arguments of a function are one value.
  return key.startsWith('Fn::')
    ? { value: elements.map(({ value }) => value), needs: unique(elements.flatMap(({ needs }) => needs)) }
    : { value: elements.map(({ value, needs }) => wrapped(value, needs)), needs: [] }
}

/** A statement without resources is invalid, so one that could be left without any is one for each. */
function perResource(statement: unknown, needsOf: Needs): readonly unknown[] {
  const { Resource } = statement as { readonly Resource?: unknown }
  if (!Array.isArray(Resource) || Resource.some((one) => saidIn(one, needsOf).needs.length === 0)) return [statement]
  return Resource.map((one: unknown) => ({ ...(statement as object), Resource: one }))
}

const wrapped = (value: unknown, needs: readonly string[]): unknown =>
  needs.reduce<unknown>((inner, condition) => ({ 'Fn::If': [condition, inner, noValue] }), value)

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)]
