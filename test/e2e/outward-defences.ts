// The defences of docs/security.md of what the controller calls besides the functions that it releases, and of what it only looks
// at.
import type { Defence } from './defences.ts'

export const outwardDefences: readonly Defence[] = [
  {
    attack: 'makes the controller move an alias that it only observes',
    file: 'lib/resources.ts',
    line: ".filter((service) => isObserved(service) === (mode === 'observe'))",
    without: '',
    test: 'functions/observing/observe.test.ts',
  },
  {
    attack: 'makes the controller call an address of theirs, as a Prometheus',
    file: 'cloud/aws/prometheus.ts',
    line: 'if (id === undefined || !isSame(homeOf(source), home)) return undefined',
    without: 'if (id === undefined) return { base: source }',
    test: 'cloud/aws/prometheus.test.ts',
  },
  {
    attack: 'makes the controller call an address of theirs, as a Prometheus',
    file: 'cloud/aws/prometheus.ts',
    line: "redirect: 'manual'",
    without: "redirect: 'follow'",
    test: 'cloud/aws/prometheus.test.ts',
  },
  {
    attack: 'makes the controller call an address of theirs, as a Prometheus',
    file: 'functions/orders/apply.ts',
    line: 'checkSources(wanted, deps.prometheusUrls, deps.home)',
    without: '',
    test: 'functions/definitions/reach.test.ts',
  },
  {
    attack: 'moves a receiver of telemetry elsewhere, to be given its token',
    file: 'cloud/receivers/grafana.ts',
    line: "redirect: 'manual',",
    without: "redirect: 'follow',",
    test: 'functions/telemetry/send.test.ts',
  },
]
