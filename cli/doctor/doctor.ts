// `tidegate doctor`: what a first deployment still lacks and what has broken since, check by check, with how to mend each.
import type { Account, Check } from './account.ts'
import type { Line, Tone } from '../backend/line.ts'
import { commandLine, type Finding, type Mend, unknown } from './finding.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'

const tones = { problem: 'bad', unknown: 'caution', ok: 'good' } as const satisfies Record<Finding['kind'], Tone>

type Found = Finding & { readonly check: string }

/** @returns the exit code */
export async function examine(screen: Screen, account: Account, checks: readonly Check[]): Promise<number> {
  const found: Found[] = []
  for (const { id, look, asks } of checks) {
    const call = asks[0] ?? id
    // A check that fails does not stop the others.
    const findings = await look(account).catch((error: unknown) => [unknown(account.prefix, error, call)])
    found.push(...findings.map((finding) => ({ ...finding, check: id })))
  }
  const count = (kind: Finding['kind']): number => found.filter((one) => one.kind === kind).length
  const counts = { problems: count('problem'), unknown: count('unknown'), ok: count('ok') }
  const worstFirst = (['problem', 'unknown', 'ok'] as const).flatMap((kind) => found.filter((one) => one.kind === kind))
  const lines = worstFirst.flatMap(linesOf)
  screen.say([...lines, `${counts.problems} problem(s), ${counts.unknown} unknown, ${counts.ok} ok.`], {
    schema: 'tidegate-doctor/1',
    prefix: account.prefix,
    counts,
    findings: worstFirst.map(dataOf),
  })
  if (counts.problems > 0) return exitCodes.different
  return counts.unknown > 0 ? exitCodes.aws : exitCodes.done
}

const indent = '         '

function linesOf(finding: Found): readonly Line[] {
  const mend = mendOf(finding)
  const lines: Line[] = [
    {
      head: [{ text: finding.kind.padEnd(8), tone: tones[finding.kind] }, ' '],
      rest: [`${finding.check}: ${finding.about}: ${finding.says}`],
    },
  ]
  if (mend.words !== undefined) lines.push(`${indent}${mend.words}`)
  for (const command of mend.commands ?? []) lines.push({ asIs: `${indent}${commandLine(command)}` })
  if (mend.cdk !== undefined) lines.push({ asIs: `${indent}CDK: ${mend.cdk}` })
  return lines
}

const mendOf = (finding: Finding): Mend => (finding.kind === 'ok' ? (finding.advice ?? {}) : finding.mend)

function dataOf(finding: Found): object {
  const { check, kind, about, says } = finding
  const { words, commands, cdk } = mendOf(finding)
  return {
    ...{ check, kind, about, says },
    ...(finding.kind === 'unknown' && finding.permission !== undefined ? { permission: finding.permission } : {}),
    mend: { words, commands: commands?.map(commandLine), cdk },
  }
}
