// A service in the form in which people write its definition: percent and `5m`, not basis points and seconds. What is shown of a
// stored definition, and compared with a file, is this form. It can be applied again: parsed, it is the same service.
import { oneWayStep } from '../../core/definition/one-way.ts'
import { ServiceDefinition, type Service } from '../../core/service/service.ts'
import { own } from '../../core/own.ts'
import type { Plan } from '../../core/service/plan.ts'
import { wholeBp } from '../../core/service/routing.ts'
import type { Approval } from '../../core/definition/approval.ts'
import type { Stepped } from '../../core/definition/waves.ts'
import { isCounted, type Slo } from '../../core/service/slo.ts'

type Written = Readonly<Record<string, unknown>>

/** Every field, also those that nobody has said. */
export function written({ targets, plan, hooks, policy, slos, pace, gates, ...rest }: Service): Written {
  const { name, mode = 'own', runbook, signals, versions, waves, watch, ...more } = rest
  return {
    name,
    mode,
    targets: targets.map(({ functionName, alias, roleArn, lookRoleArn, ...promised }) =>
      present({ function: functionName, alias, role: roleArn, lookRole: lookRoleArn, ...promised }),
    ),
    plan: planWritten(plan),
    signals,
    hooks: hooks.map(({ at, functionName, timeoutSeconds }) => ({
      at,
      function: functionName,
      timeout: span(timeoutSeconds),
    })),
    policy: policyWritten(policy),
    slos: slos.map(sloWritten),
    pace: present({ ...planned(pace), damage: pace.damageBp / 100 }),
    gates: present({
      ...gates,
      approvals: gates.approvals
        .filter(({ wave }) => wave === undefined)
        .map((one) => ({ before: one.beforeBp === 0 ? 'begin' : one.beforeBp / 100, ...approvalWritten(one) })),
    }),
    ...present({ ...more, waves: wavesWritten(waves, gates.approvals) }),
    ...(versions === undefined ? {} : { versions: { keep: versions.keep, keepFor: span(versions.keepSeconds) } }),
    ...(watch === undefined ? {} : { watch: watchWritten(watch) }),
    ...(runbook === undefined ? {} : { runbook }),
  }
}

const watchWritten = ({ seconds, onFault, warmSeconds }: NonNullable<Service['watch']>): Written => ({
  ...{ for: span(seconds), onFault },
  ...(warmSeconds === undefined ? {} : { keepWarm: span(warmSeconds) }),
})

/** Only what differs from what holds when nothing is said. */
export function writtenBriefly(service: Service): Written {
  const { name, mode, targets, plan, ...more } = written(service)
  const {
    name: _n,
    mode: usualMode,
    targets: _t,
    plan: _p,
    ...usual
  } = written(
    ServiceDefinition.parse({ name: 'usual', targets: [{ function: 'usual', alias: 'usual' }], plan: 'AllAtOnce' }),
  )
  return { name, ...(mode === usualMode ? {} : { mode }), targets, plan, ...without(more, usual) }
}

function without(said: Written, usual: Written): Written {
  return Object.fromEntries(
    Object.entries(said).flatMap(([field, value]) => {
      const other = own(usual, field)
      if (JSON.stringify(value) === JSON.stringify(other)) return []
      return [[field, isFields(value) && isFields(other) ? without(value, other) : value]]
    }),
  )
}

const isFields = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without fields that have no value. */
const present = (fields: Written): Written =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** Exact, in one unit. */
function span(seconds: number): string {
  const [unit, size] = units.find(([, size]) => seconds > 0 && seconds % size === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}

function planWritten({ steps, oneWay }: Pick<Plan, 'oneWay'> & { readonly steps: Stepped['steps'] }): unknown {
  const last = steps.at(-1)
  if (last === undefined) return 'AllAtOnce'
  const first = oneWayStep({ steps, oneWay })
  const all = steps.map(({ weightBp, heldBackBp = 0, bakeSeconds }, index) => ({
    weight: (weightBp + heldBackBp) / 100,
    bake: span(bakeSeconds),
    ...(oneWay === undefined || index !== first ? {} : { oneWay: { reason: oneWay.reason, yes: oneWay.yes } }),
  }))
  const isWhole = last.weightBp + (last.heldBackBp ?? 0) === wholeBp
  return isWhole ? { steps: all, holdBack: (last.heldBackBp ?? 0) / 100 } : { steps: all }
}

const approvalWritten = ({ beforeBp: _, wave: _wave, expiresSeconds, ...approval }: Approval): Written => ({
  ...approval,
  expires: span(expiresSeconds),
})

const wavesWritten = (waves: Service['waves'], approvals: readonly Approval[]): unknown =>
  waves?.map(({ heldBackBp, pause = false, plan, ...wave }) => {
    const approval = approvals.find((one) => one.wave === wave.name)
    return present({
      ...wave,
      holdBack: heldBackBp / 100,
      pause,
      approval: approval === undefined ? false : approvalWritten(approval),
      plan: plan && planWritten({ steps: plan.steps }),
    })
  })

const planned = ({ bold, careful, urgent }: Service['pace']): Written =>
  Object.fromEntries(
    Object.entries({ bold, careful, urgent }).map(([level, plan]) => [level, plan && planWritten(plan)]),
  )

function policyWritten(policy: Service['policy']): Written {
  const { hold, lookEverySeconds, budgetEverySeconds, ruleOut, wake, whileLive, whenHeldTooLong, ...rest } = policy
  return present({
    whileLive,
    lookEvery: span(lookEverySeconds),
    hold: {
      unknown: span(hold.unknownSeconds),
      quiet: span(hold.quietSeconds),
      paused: span(hold.pausedSeconds),
      gated: span(hold.gatedSeconds),
    },
    whenHeldTooLong,
    ...rest,
    budgetEvery: budgetEverySeconds === 300 ? '5m' : '1h',
    wake: wake ?? true,
    ruleOut: ruleOut ?? 'off',
  })
}

function sloWritten(slo: Slo): Written {
  if (!isCounted(slo)) return { name: slo.name, sli: { applicationSignals: slo.sli.id } }
  const { name, objectivePpm, window, sli, slices } = slo
  return present({
    name,
    objective: objectivePpm / 10_000,
    window: window.kind === 'rolling' ? `${window.days}d` : { calendar: window.unit, timeZone: window.timeZone },
    sli: sli.kind === 'availability' ? 'availability' : { fasterThanMs: sli.fasterThanMs },
    slices: slices && { minutes: slices.minutes, objective: slices.goodPpm / 10_000 },
  })
}
