// `tidegate openslo`: its output goes into a service definition unchanged.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { showOpenSlo } from '../../cli/commands/openslo.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { sampleService } from '../../local/sample-service.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidegate-openslo-'))
function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const metric = (name: string): string => `
          metricSource:
            metricSourceRef: aws
            spec:
              namespace: AWS/Lambda
              metricName: ${name}
              stat: Sum
              dimensions:
                - { name: FunctionName, value: checkout }
                - { name: Resource, value: 'checkout:live' }`
const slo = `apiVersion: openslo/v1
kind: SLO
metadata: { name: carts-are-priced }
spec:
  service: checkout
  indicator:
    metadata: { name: priced }
    spec:
      ratioMetric:
        counter: true
        bad:${metric('Errors')}
        total:${metric('Invocations')}
  timeWindow:
    - duration: 1Q
      calendar: { startTime: 2024-04-01 00:00:00, timeZone: Europe/Berlin }
  budgetingMethod: Timeslices
  objectives:
    - { displayName: priced, target: 0.995, timeSliceTarget: 0.9, timeSliceWindow: 10m }
  alertPolicies:
---
apiVersion: openslo/v1
kind: Service
metadata: { name: checkout }
spec: {}
`
const source = 'apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: aws }\nspec: { type: CloudWatch }\n'

describe('tidegate openslo', () => {
  it('prints the slos of a definition, and says what they measured', async () => {
    const lines: string[] = []
    const files = [file('slo.yaml', slo), file('source.yaml', source)]
    expect(
      await showOpenSlo(
        screenOn((line) => lines.push(line), false),
        files,
      ),
    ).toBe(exitCodes.done)
    expect(lines.join('\n')).toContain('# carts-are-priced measures checkout:live')
    const { slos } = sampleService(parse(lines.join('\n')) as Readonly<Record<string, unknown>>)
    expect(slos).toEqual([
      {
        name: 'carts-are-priced',
        objectivePpm: 995_000,
        window: { kind: 'calendar', unit: 'quarter', timeZone: 'Europe/Berlin' },
        sli: { kind: 'availability' },
        slices: { minutes: 10, goodPpm: 900_000 },
      },
    ])
    const json: string[] = []
    await showOpenSlo(
      screenOn((line) => json.push(line), true),
      files,
    )
    expect(JSON.parse(json.join(''))).toEqual({ ...(parse(lines.join('\n')) as object), measured: ['checkout:live'] })
  })

  it('names the file and document of what it refuses, and prints nothing', async () => {
    const lines: string[] = []
    const importing = (...files: string[]) =>
      showOpenSlo(
        screenOn((line) => lines.push(line), false),
        files,
      )
    await expect(importing(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'openslo_invalid' })
    const two = file('two.yaml', `${slo}---\n${slo.replace('carts-are-priced', 'other').replace('0.995', '1.5')}`)
    await expect(importing(two, file('source.yaml', source))).rejects.toThrow(
      'two.yaml, document 3 (SLO other): spec.objectives.0.target: 1.5 is not a share',
    )
    expect(lines).toEqual([])
  })
})
