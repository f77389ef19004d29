// As many services as fit into one controller: AWS's limits on a template, a rule and a role. And what a role is given of what
// services query.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, expect, it } from 'vitest'
import { ReleaseController } from '../../lib/controller.ts'

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
type Statement = { readonly Action: unknown; readonly Resource: unknown }

/** As docs/deploy.md says. */
const most = 127

const service = (index: number) => ({
  name: `service-${index}`,
  targets: [{ function: `production-service-${index}-handler`, alias: 'live' }],
  plan: 'Canary10Percent5Minutes',
  signals: { alarms: [`service-${index}-errors`, `service-${index}-latency`] },
  hooks: [{ at: 'beforeTraffic', function: `service-${index}-smoke` }],
  triggers: { s3: { bucket: `artifacts-of-service-${index}`, key: 'package.zip' }, cloudFormation: true },
  slos: [{ name: 'available', objective: 99.9 }],
})
const synthesise = (count: number): Readonly<Record<string, Resource>> => {
  const stack = new Stack(new App(), 'Tidegate')
  new ReleaseController(stack, 'Controller', { services: Array.from({ length: count }, (_, index) => service(index)) })
  return (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources
}

let resources: Readonly<Record<string, Resource>>
beforeAll(() => {
  resources = synthesise(most)
})

const of = (type: string): readonly Resource[] => Object.values(resources).filter((one) => one.Type === type)
/** As IAM gets it: placeholder names in place of references; pseudo parameters are as long as the longest region. */
const text = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll(/\{"Ref":"AWS::[A-Za-z]+"\}/g, '"xxxxxxxxxxxxxx"')
    .replaceAll(/\{"Fn::GetAtt":\[[^\]]*\]\}/g, `"${'x'.repeat(120)}"`)
    .replaceAll(/\{"Fn::Join":\["",\[([^\]]*)\]\]\}/g, (_, parts: string) => `"${parts.replaceAll(/","|^"|"$/g, '')}"`)

it('the template is under a megabyte and 500 resources', () => {
  expect(Buffer.byteLength(JSON.stringify(resources))).toBeLessThan(1_000_000)
  expect(Object.keys(resources).length).toBeLessThan(500)
})

it('no rule has more than 2048 characters, and together they name every bucket, alarm and service with a budget once', () => {
  const patterns = of('AWS::Events::Rule').map((one) => JSON.stringify(one.Properties['EventPattern']))
  for (const pattern of patterns) expect(pattern.length).toBeLessThanOrEqual(2048)
  const all = patterns.join('\n')
  for (let index = 0; index < most; index++)
    for (const name of [
      `artifacts-of-service-${index}`,
      `service-${index}`,
      `service-${index}-errors`,
      `service-${index}-latency`,
    ])
      expect(all.split(`"${name}"`)).toHaveLength(2)
  expect(patterns.length).toBeLessThan(50)
})

it('no policy is too long, no role has too many, and each target is granted in full', () => {
  for (const one of of('AWS::IAM::ManagedPolicy'))
    expect(text(one.Properties['PolicyDocument']).length).toBeLessThan(6144)
  for (const one of of('AWS::IAM::Policy')) expect(text(one.Properties['PolicyDocument']).length).toBeLessThan(10_240)
  for (const one of of('AWS::IAM::Role'))
    expect(((one.Properties['ManagedPolicyArns'] ?? []) as readonly unknown[]).length).toBeLessThanOrEqual(10)
  const shift = Object.entries(resources).find(([, one]) => one.Properties['Description'] === 'Tidegate: shift')
  const refs = (shift?.[1].Properties['ManagedPolicyArns'] as { Ref: string }[]).map((one) => one.Ref)
  const statements = refs.flatMap(
    (ref) => (resources[ref]?.Properties['PolicyDocument'] as { Statement: readonly Statement[] }).Statement,
  )
  const moving = statements.filter((one) => JSON.stringify(one.Action).includes('lambda:UpdateAlias'))
  const granted = new Set(moving.flatMap((one) => one.Resource as readonly unknown[]).map(text))
  expect(granted.size).toBe(most)
})

it('more than IAM can attach is refused at synthesis, with what to do', () => {
  expect(() => synthesise(450)).toThrow(/give some of the services to another controller/)
})

it('lets judge alone query the workspaces that services name, and allows the addresses that it is given', () => {
  const workspace = 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1'
  const query = { name: 'declined', bad: 'x{v="{version}"}', total: 'y{v="{version}"}' }
  const url = 'https://prometheus.example.com'
  const of = (prometheus: readonly object[], prometheusUrls: readonly string[]) => {
    const own = new Stack(new App(), 'Queries')
    const services = [{ ...service(0), signals: { prometheus } }]
    new ReleaseController(own, 'Tidegate', { services, prometheusUrls })
    return JSON.stringify(Template.fromStack(own).toJSON())
  }
  const text = of(
    [
      { ...query, workspace },
      { ...query, name: 'slow', url },
    ],
    [url],
  )
  const granted = `{"Action":"aps:QueryMetrics","Effect":"Allow","Resource":"${workspace}"}`
  expect(text.split('aps:QueryMetrics')).toHaveLength(2)
  expect(/"TidegateJudgeRoleDefaultPolicy[^"]*":.*?"Statement":(.*?),"Version"/.exec(text)?.[1]).toContain(granted)
  expect(text).toContain(`"TIDEGATE_PROMETHEUS":"[\\"${url}\\"]"`)
  expect(() => of([{ ...query, url }], [`${url}/team`])).toThrow(/is read from .* which is not allowed/)
  expect(() => of([], ['https://ann:secret@example.com'])).toThrow(/prometheusUrls: .* is not an address/)
})
