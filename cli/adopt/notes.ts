// What keeps an alias from being moved, a sentence each. Pure.
import type { AliasFact } from './facts.ts'

export function notesOn(functionName: string, alias: string, aliases: readonly AliasFact[]): readonly string[] {
  const found = aliases.find((one) => one.name === alias)
  if (found?.version === '$LATEST')
    return [`Alias ${alias} points at $LATEST: point it at a published version before the first release.`]
  if (found?.isSplit === true)
    return [
      `Alias ${alias} gives two versions traffic now: somebody moves it. A release begins when one version has all.`,
    ]
  if (found !== undefined) return []
  const others = aliases.slice(0, 5).map((one) => one.name)
  return [
    `${functionName} has no alias ${alias}.${others.length === 0 ? '' : ` It has ${others.join(', ')}.`} To make it: aws lambda create-alias --function-name ${functionName} --name ${alias} --function-version VERSION`,
  ]
}
