// What a signal of a Prometheus may say: what is refused when it is applied, and that what is filled in stays quoted text.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import { filledPromql } from '../../../core/prometheus/promql.ts'
import { repeats } from '../../repeats.ts'

const workspace = 'arn:aws:aps:us-east-1:111122223333:workspace/ws-12345678-aaaa-bbbb-cccc-1234567890ab'
const per = (metric: string, window = '1m') =>
  `sum((${metric}{version="{version}"} - ${metric}{version="{version}"} offset ${window}) >= 0)`
const counts = { bad: per('failed_total'), total: per('asked_total') }
const apply = (...prometheus: readonly object[]) =>
  parseDefinition({
    name: 'checkout',
    targets: [{ function: 'checkout', alias: 'live' }],
    plan: 'AllAtOnce',
    signals: {
      custom: [{ name: 'orders', namespace: 'Shop', metric: 'Orders', dimensions: { v: '{version}' }, kind: 'count' }],
      prometheus,
    },
  }).signals.prometheus
const mean = {
  sum: 'sum(rate(took_sum{version="{version}"}[1m]))',
  samples: 'sum(rate(took_count{version="{version}"}[1m]))',
}

describe('a signal of a Prometheus', () => {
  it.each([
    ['counts of a workspace', { workspace, ...counts }],
    ['counts of an address', { url: 'https://prometheus.example.com/team', ...counts }],
    ['a mean, which may be estimated', { workspace, ...mean, worse: 'lower' }],
    ['zero where there was something to count', { workspace, ...counts, bad: `${counts.bad} or 0 * ${counts.total}` }],
    ['exact ranges', { workspace, ...counts, bad: 'sum(sum_over_time(failed{version="{version}"}[60s]))' }],
    ['names that look like functions', { workspace, ...counts, bad: per('rate') }],
    ['quoted names of labels', { workspace, ...counts, bad: 'sum({"shop.failed", "v" = # of now\n "{version}"})' }],
    ['a pattern of the alias', { workspace, ...counts, bad: 'sum(x{v="{version}",a=~"{alias}|x"})' }],
    ['comments and quotes', { workspace, ...counts, bad: `# it's [5m] rate(\nsum(x{a='[5m] rate(', v="{version}"})` }],
  ])('may be %s', (_, signal) => {
    expect(apply({ name: 'failures', ...signal })).toMatchObject([signal])
  })

  it.each([
    ['without a place', { ...counts }, /name one place/],
    ['with two places', { workspace, url: 'https://prometheus.example.com', ...counts }, /name one place/],
    ['of a workspace that is none', { workspace: 'ws-1234', ...counts }, /the ARN of a workspace/],
    ['with an ARN that goes on', { workspace: `${workspace}/../x`, ...counts }, /the ARN of a workspace/],
    ['of a file', { url: 'file:///etc/passwd', ...counts }, /an address/],
    ['of an address with a password', { url: 'https://a:b@prometheus.example.com', ...counts }, /without a user/],
    ['of an address with a query', { url: 'https://prometheus.example.com/?x=1', ...counts }, /without a user/],
    [
      'of an address that is written another way',
      { url: 'https://Prometheus.example.com:443/a/../b', ...counts },
      /without a user/,
    ],
    ['without a total', { workspace, bad: counts.bad }, /give `bad` and `total`/],
    ['of counts and a mean', { workspace, ...counts, ...mean }, /give `bad` and `total`/],
    ['of counts of which fewer are worse', { workspace, ...counts, worse: 'lower' }, /more is worse/],
    ['that cannot tell the versions apart', { workspace, ...counts, bad: 'sum(failed_total)' }, /told apart/],
    [
      'with the version outside of quotes',
      { workspace, ...counts, bad: `${per('x')} + {version}` },
      /must be in quotes/,
    ],
    [
      'with the version in a raw text',
      { workspace, ...counts, bad: `${per('x')} + x{v=\`{version}\`}` },
      /must be in quotes/,
    ],
    ['of the other version', { workspace, ...counts, bad: 'sum(x{v!="{version}"})' }, /must stand after =/],
    ['of all but a pattern', { workspace, ...counts, total: "sum(x{v !~ '{version}'})" }, /must stand after =/],
    ['of any version', { workspace, ...counts, bad: 'sum(x{v=~"{version}|.*"})' }, /must stand after =/],
    ['of any but once', { workspace, ...counts, bad: `${per('x')} + y{v=# =\n~"{version}?"}` }, /must stand after =/],
    [
      'of a version that selects nothing',
      { workspace, ...counts, bad: 'label_replace(x, "v", "{version}", "", "")' },
      /must stand after =/,
    ],
    ['with the version in a comment only', { workspace, ...counts, bad: 'sum(x) # "{version}"' }, /told apart/],
    ['with an open quote', { workspace, ...counts, bad: `${per('x')} + x{v="1}` }, /not closed/],
    [
      'of five minutes',
      { workspace, ...counts, bad: 'sum(sum_over_time(x{v="{version}"}[5m]))' },
      /\[5m\] would count/,
    ],
    [
      'with a subquery',
      { workspace, ...counts, bad: 'max_over_time(x{v="{version}"}[1h:1m])' },
      /\[1h:1m\] would count/,
    ],
    ['of another time', { workspace, ...counts, bad: per('x', '1w') }, /an offset must be 1m/],
    ['of one moment', { workspace, ...counts, bad: 'x{v="{version}"} @ end()' }, /same moment/],
    [
      'of an estimated count',
      { workspace, ...counts, bad: 'sum(increase(x{v="{version}"}[1m]))' },
      /increase\(\) estimates/,
    ],
    [
      'of a rate',
      { workspace, ...counts, total: 'sum by (a) (rate (x{v="{version}"}[1m])) * 60' },
      /rate\(\) estimates/,
    ],
    ['of too long an expression', { workspace, ...counts, bad: per('x'.repeat(2000)) }, /2000/],
    ['of the name of a built-in one', { name: 'errors', workspace, ...counts }, /another signal/],
    ['of the name of a custom one', { name: 'orders', workspace, ...counts }, /another signal/],
    ['with a field that nobody knows', { workspace, ...counts, query: 'x' }, /query/],
  ])('%s is refused', (_, signal, words) => {
    expect(() => apply({ name: 'failures', ...signal })).toThrow(words)
  })

  it('has a name of its own', () => {
    const one = { name: 'failures', workspace, ...counts }
    expect(() => apply(one, one)).toThrow(/prometheus\[1\]\.name: .*another signal/)
  })
})

describe('what is filled in', () => {
  const filling = { function: 'checkout', alias: 'live', version: '7' }

  it('replaces only what is in quotes', () => {
    expect(filledPromql('a{f="{function}:{alias}", v=\'{version}\'} # {version}\n+ b{v=~"{version}|x"}', filling)).toBe(
      'a{f="checkout:live", v=\'7\'} \n+ b{v=~"7|x"}',
    )
  })

  /** As Prometheus reads a quoted text, which is how Go does. */
  const read = (text: string): string => JSON.parse(`"${text.replaceAll('"', String.raw`\u0022`)}"`) as string

  it('stays within its quotes, and a pattern is exactly it, whatever it is', () => {
    const evil = fc.oneof(fc.string(), fc.stringMatching(/^["'\\`{}()|.*+\n]{0,8}$/))
    fc.assert(
      fc.property(evil, fc.constantFrom('"', "'"), fc.boolean(), (version, quote, isPattern) => {
        const filled = filledPromql(`x{v=${isPattern ? '~' : ''}${quote}{version}${quote}}`, { ...filling, version })
        const start = isPattern ? 5 : 4
        const inside = filled.slice(start + 1, -2)
        expect(filled.slice(0, start + 1)).toBe(`x{v=${isPattern ? '~' : ''}${quote}`)
        expect(filled.slice(-2)).toBe(`${quote}}`)
        expect(inside.includes('"') || inside.includes("'") || inside.includes('\n')).toBe(false)
        const text = read(inside)
        expect(isPattern ? new RegExp(`^(?:${text})$`, 's').test(version) : text === version).toBe(true)
      }),
      { numRuns: repeats(5000, 200) },
    )
  })
})
