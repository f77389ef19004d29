// What CloudFormation makes of a template's conditions and Fn::If, by its parameters; the rest of it is as it was.

type Json = Readonly<Record<string, unknown>>
type Resource = { readonly Type: string; readonly Properties: Json; readonly Condition?: string }
type Parts<T> = Readonly<Record<string, T>>
type Evaluated = { readonly Resources: Parts<Resource>; readonly Outputs: Parts<Json> }

const nothing = Symbol('AWS::NoValue')

/** @param given parameters; the others are their defaults */
export function evaluated(template: Json, given: Readonly<Record<string, string>> = {}): Evaluated {
  const { Parameters, Conditions } = template as { readonly Parameters: Parts<Json>; readonly Conditions: Json }
  const truth = (expression: unknown): boolean => {
    const [kind = '', value] = Object.entries(expression as Json)[0] ?? []
    if (kind === 'Condition') return truth(Conditions[String(value)])
    const list = value as readonly unknown[]
    if (kind === 'Fn::Not') return !truth(list[0])
    if (kind === 'Fn::And') return list.every(truth)
    if (kind === 'Fn::Or') return list.some(truth)
    if (kind === 'Fn::Equals') return text(list[0]) === text(list[1])
    throw new Error(`no condition: ${JSON.stringify(expression)}`)
  }
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value
    const { Ref = '' } = value as { readonly Ref?: string }
    const known = given[Ref] ?? Parameters[Ref]?.['Default']
    if (typeof known !== 'string') throw new Error(`not a parameter: ${JSON.stringify(value)}`)
    return known
  }
  const said = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(said).filter((one) => one !== nothing)
    if (typeof value !== 'object' || value === null) return value
    const { Ref, 'Fn::If': choice } = value as { readonly Ref?: string; readonly 'Fn::If'?: readonly unknown[] }
    if (Ref === 'AWS::NoValue') return nothing
    if (choice !== undefined) return said(truth({ Condition: choice[0] }) ? choice[1] : choice[2])
    const fields = Object.entries(value).map(([name, one]) => [name, said(one)] as const)
    return Object.fromEntries(fields.filter(([, one]) => one !== nothing))
  }
  const there = <T>(parts: unknown): Parts<T> =>
    Object.fromEntries(
      Object.entries(parts as Parts<{ readonly Condition?: string }>)
        .filter(([, { Condition }]) => Condition === undefined || truth({ Condition }))
        .map(([id, part]) => [id, said(part) as T]),
    )
  return { Resources: there(template['Resources']), Outputs: there(template['Outputs']) }
}

/** What is named in it and is not there: neither a resource, nor a parameter, nor of AWS. */
export function dangling(template: Json, { Resources, Outputs }: Evaluated): readonly string[] {
  const known = new Set([...Object.keys(Resources), ...Object.keys(template['Parameters'] as object)])
  const named = (value: unknown): readonly string[] => {
    if (typeof value !== 'object' || value === null) return []
    const { Ref, 'Fn::GetAtt': attribute } = value as {
      readonly Ref?: string
      readonly 'Fn::GetAtt'?: readonly string[]
    }
    const own = Ref ?? attribute?.[0]
    return own === undefined ? Object.values(value).flatMap(named) : [own]
  }
  return [...new Set(named([Resources, Outputs]))].filter((name) => !known.has(name) && !name.startsWith('AWS::'))
}
