// What services query of a Prometheus, asked for stable's last minutes as a look would ask. A misspelt label is found here, and
// not by a release that nothing can decide.
import { awsPrometheus } from '../../cloud/aws/prometheus.ts'
import { homeOf } from '../../core/origin.ts'
import { own } from '../../core/own.ts'
import type { Service } from '../../core/service/service.ts'
import { minuteMs } from '../../core/time.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import { type PrometheusQuestion, prometheusQuestions } from '../../core/verdict/evidence/prometheus.ts'
import { prometheusUrlsOf } from '../../functions/environment.ts'
import type { Account, Check } from './account.ts'
import { each, type Finding, ok, problem } from './finding.ts'

const minutes = 10

export const prometheus: Check = {
  id: 'prometheus',
  right: 'What services query of a Prometheus answers for the version in charge, with one count or sum a minute.',
  asks: ['lambda:GetAlias', 'aps:QueryMetrics'],
  async look(account) {
    const asking = (await account.services()).filter(({ signals }) => (signals.prometheus ?? []).length > 0)
    if (asking.length === 0) return [ok('services', 'No service queries a Prometheus.')]
    return each(
      asking,
      ({ name }) => name,
      'lambda:GetAlias',
      (service) => look(account, service),
    )
  },
}

async function look(account: Account, service: Service): Promise<readonly Finding[]> {
  const { clock, aliases } = account.backend
  const targets = await Promise.all(
    service.targets.map(async (target) => {
      const { version } = (await aliases.read({ ...target, service: service.name })).routing
      return { ...target, stable: version, candidate: version, baseline: { thresholdsMs: [] } }
    }),
  )
  const questions = prometheusQuestions(service, targets).filter(({ key }) => key.includes('.s.'))
  const endMs = Math.floor(clock.nowMs() / minuteMs) * minuteMs - minuteMs
  const variables = (await account.controllerFunction('judge'))?.Environment?.Variables ?? {}
  const TIDEGATE_PROMETHEUS = own(variables, 'TIDEGATE_PROMETHEUS')
  const readings = await awsPrometheus({
    home: homeOf(await account.setting('TIDEGATE_STATE_MACHINE_ARN')),
    allowed: prometheusUrlsOf(TIDEGATE_PROMETHEUS === undefined ? {} : { TIDEGATE_PROMETHEUS }),
    credentials: account.lambda.config.credentials,
  }).read(questions, { startMs: endMs - minutes * minuteMs, endMs })
  return questions.map((question, index) => foundOf(service, question, readings[index]))
}

function foundOf({ name }: Service, { key, query }: PrometheusQuestion, reading: Reading | undefined): Finding {
  const about = `${key.replace(/^\d+\.s\.prometheus-/, '')} (${name})`
  if (reading?.kind === 'points' && reading.points.length > 0)
    return ok(about, `It has a value for ${reading.points.length} of the last ${minutes} minutes.`)
  const says = reading?.kind === 'unread' ? reading.because : 'Prometheus: it has no series'
  return problem(about, `${says}. The query is ${query}`, {
    words: 'Try the query where people do, and correct the definition; docs/prometheus.md has what is right.',
  })
}
