// Versions as they are typed: FUNCTION=VERSION for each target.
import { Problem } from '../../core/problem.ts'
import type { Target } from '../../core/service/service.ts'

/** @throws Problem `call_invalid` */
export function versionsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const versions = pairs.map((pair): readonly [string, string] => {
    const [name = '', version = '', ...more] = pair.split('=')
    if (name === '' || version === '' || more.length > 0)
      throw new Problem('call_invalid', `"${pair}" is not FUNCTION=VERSION.`)
    return [name, version]
  })
  const twice = versions.find(([name], index) => versions.findIndex(([other]) => other === name) < index)
  if (twice !== undefined) throw new Problem('call_invalid', `${twice[0]} is named twice.`)
  return Object.fromEntries(versions)
}

/** Parses `FUNCTION:ALIAS`, where the function may be an ARN. @throws Problem `call_invalid` */
export function targetOf(text: string): Target {
  const at = text.lastIndexOf(':')
  if (at < 1 || at === text.length - 1) throw new Problem('call_invalid', `"${text}" is not FUNCTION:ALIAS.`)
  return { functionName: text.slice(0, at), alias: text.slice(at + 1) }
}
