// Tools that say what holds, and what would: where a release stands and why, what another policy would have said of it, what a
// release would meet. None of them changes anything.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { VersionByFunction } from '../../core/service/candidate.ts'
import { PlanDefinition } from '../../core/service/plan.ts'
import { Version } from '../../core/service/routing.ts'
import { ServiceName } from '../../core/service/service.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { recordedOf } from '../../core/verdict/judge/recorded.ts'
import { needsOf } from '../../core/view/needs.ts'
import { otherPolicies } from '../../core/view/release/other-policy.ts'
import { oneNow } from '../../functions/views/now.ts'
import { ReleaseId } from '../../functions/orders/order.ts'
import { checkedDefinition, wrongWith } from '../../policy/definition.ts'
import { releaseOf } from '../commands/verbs.ts'
import { foundRelease, release, service } from './asked.ts'
import { commandsOf } from './by-person.ts'
import { viewOf } from './reading.ts'
import { type Answer, type Context, reads, type Tool, tool } from './tool.ts'
import { wayBack, wayBackWords } from './way-back.ts'

const definition = z
  .record(z.string(), z.unknown())
  .describe('A whole service definition as JSON, as `tidegate get SERVICE --json` prints it.')

export const judging: readonly Tool[] = [
  tool({
    name: 'explain',
    title: 'Explain where it stands',
    description:
      'Where a release stands, why, what comes next and when; why it is held; what can be put back; what a person may do. Give a release, or a service for its live or latest one.',
    hints: reads,
    input: z.strictObject({
      release: ReleaseId.optional().describe('The id of a release.'),
      service: ServiceName.optional().describe('The name of a service.'),
    }),
    run: (context, asked) => explain(context, asked),
  }),
  tool({
    name: 'replay',
    title: 'Judge a release again under another policy',
    description:
      'What another policy would have said of the evidence that a release read: `stricter` or `looser` than its own, or that of a whole definition of the same service.',
    hints: reads,
    input: z.strictObject({
      release,
      policy: z.enum(otherPolicies).optional(),
      definition: definition.optional(),
    }),
    run: async ({ backend }, { release: id, policy, definition: given }) => {
      if ((policy === undefined) === (given === undefined))
        throw new Problem('call_invalid', 'Give exactly one of policy and definition.')
      if (policy !== undefined) return { says: [], data: (await viewOf(backend, id, { policy })).compared }
      return replayed((await foundRelease(backend, id)).release, given)
    },
  }),
  tool({
    name: 'dry_run',
    title: 'Try a release without starting it',
    description:
      'What would come of a release of these versions: whether it would be accepted, what it would wait for, by which plan. Starts and stores nothing.',
    hints: reads,
    input: z.strictObject({
      service,
      version: Version.optional().describe('The version, if the service has one target.'),
      versions: VersionByFunction.optional().describe('The version of each target, by function name.'),
      plan: PlanDefinition.optional().describe('Another plan, such as AllAtOnce.'),
    }),
    run: async ({ backend }, { service: name, ...imagined }) => ({
      says: ['Nothing was started or changed.'],
      data: await backend.order('ask', name, { release: imagined }),
    }),
  }),
  tool({
    name: 'validate',
    title: 'Check a service definition',
    description: 'Whether a service definition is valid, and what is wrong in which field. Applies nothing.',
    hints: reads,
    input: z.strictObject({ definition }),
    run: (_, { definition: given }) => {
      const faults = wrongWith(given).map(({ field, words }) => ({ field, words }))
      return Promise.resolve({
        says: [
          faults.length === 0 ? 'The definition is valid.' : 'The definition is not valid.',
          'Nothing was applied.',
        ],
        data: { isValid: faults.length === 0, faults },
      })
    },
  }),
]

type Asked = { readonly release?: string | undefined; readonly service?: string | undefined }

async function explain({ backend }: Context, asked: Asked): Promise<Answer> {
  const which = asked.release ?? asked.service
  if (which === undefined || (asked.release !== undefined && asked.service !== undefined))
    throw new Problem('call_invalid', 'Give exactly one of release and service.')
  const found = await releaseOf(backend, which)
  const name = found.service.name
  const view = await viewOf(backend, found.id)
  const [now, back] = await Promise.all([oneNow(backend, name), wayBack(backend, found)])
  return {
    says: [...wayBackWords(found, back), ...commandsOf(view.orders, view.gates)],
    data: {
      releaseId: found.id,
      service: name,
      title: view.title,
      now: view.now,
      evidence: view.looks,
      signals: view.tiles.map(({ signal, kind, advisory, because, missing }) => ({
        ...{ signal, kind, advisory, because },
        ...(missing === undefined ? {} : { missing }),
      })),
      gates: view.gates.held,
      ...(view.gates.open === undefined ? {} : { openGates: view.gates.open }),
      approvals: view.gates.approvals.map(({ orders: _, ...approval }) => approval),
      harm: view.harm,
      back: back.sentence,
      runbook: view.runbook,
      needs: needsOf(now, view.nowMs).map(({ actions: _, ...need }) => need),
      unknown: now.unknown,
    },
  }
}

/** @throws Problem `definition_invalid`, `replay_invalid` */
function replayed(found: Release, given: unknown): Answer {
  const other = checkedDefinition(given)
  if (other.name !== found.service.name)
    throw new Problem('replay_invalid', `The definition is of ${other.name}, and the release of ${found.service.name}.`)
  const recorded = recordedOf(found)
  if (recorded.minutes === 0)
    throw new Problem('replay_invalid', `Release ${found.id} has not read a whole minute of evidence.`)
  const verdicts = replayVerdicts({ ...other, signals: { ...other.signals, alarms: [] } }, recorded)
  const bad = verdicts.findIndex(({ kind }) => kind === 'fail')
  const rows = verdicts
    .map(({ kind, because }, index) => ({ minute: index + 1, kind, because }))
    .filter(({ kind }, index) => kind !== verdicts[index - 1]?.kind)
  return {
    says: [
      bad === -1
        ? `Under this definition, ${verdicts.length} minutes of evidence would not have put it back.`
        : `Under this definition, minute ${bad + 1} of ${verdicts.length} would have put it back.`,
      'Alarms are not replayed.',
    ],
    data: { outcome: found.ending?.outcome, changes: rows },
  }
}
