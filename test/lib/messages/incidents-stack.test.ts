// What the stack has for incidents in other platforms: rights, templates, and no key.
import type { Stack } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { all, secretIn, synthesised } from './incidents.ts'

describe('the stack', () => {
  it('has no key in its template, and a role that may do these and nothing else', () => {
    const text = JSON.stringify(synthesised(all))
    expect(text).toContain('{{resolve:secretsmanager:')
    const resources = synthesised(all)
    const policies = Object.entries(resources).filter(([id]) =>
      /IncidentsOut(RoleDefaultPolicy|OpensOpsItems)/.test(id),
    )
    const statements = policies.flatMap(
      ([, { Properties }]) =>
        (Properties['PolicyDocument'] as { Statement: { Action: string; Resource: unknown }[] }).Statement,
    )
    expect(statements.map(({ Action }) => Action).sort()).toEqual([
      'events:InvokeApiDestination',
      'events:InvokeApiDestination',
      'events:InvokeApiDestination',
      'ssm:CreateOpsItem',
      'states:StartExecution',
    ])
    for (const { Resource } of statements) expect(Resource).not.toBe('*')
    const Statement = Object.entries(resources)
      .filter(([id]) => /IncidentsOutOver(RoleDefaultPolicy|OpsItems)/.test(id))
      .flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: unknown[] }).Statement)
    expect(Statement).toMatchObject([
      { Action: 'events:PutEvents', Condition: { StringEquals: { 'events:source': 'tidegate.incident' } } },
      { Action: 'ssm:DescribeOpsItems', Resource: '*' },
      { Action: 'ssm:UpdateOpsItem' },
    ])
    expect(JSON.stringify(Statement[2])).toMatch(/:ssm:us-east-1:000000000000:opsitem\/\*/)
    const alarms = Object.keys(resources).filter((id) => id.includes('IncidentsUnsent'))
    expect(alarms).toHaveLength(1)
  })

  it('makes an OpsItem of the fields that OpsCenter takes, once for each release', () => {
    const rules = Object.values(synthesised(all)).filter(({ Type }) => Type === 'AWS::Events::Rule')
    const targets = rules.flatMap(({ Properties }) => Properties['Targets'] as Record<string, unknown>[])
    const [opsItem, ...none] = targets.filter(({ Arn }) => JSON.stringify(Arn).includes(':opsitem'))
    expect(none).toEqual([])
    const { InputTemplate } = opsItem?.['InputTransformer'] as { InputTemplate: string }
    const filled = JSON.parse(
      InputTemplate.replaceAll(/"(?:\\.|[^"\\])*"|<[\w.-]+>/g, (part) => (part.startsWith('<') ? '"x"' : part)),
    ) as Record<string, object> & { operationalData: Record<string, unknown> }
    expect(Object.keys(filled).sort()).toEqual([
      'category',
      'description',
      'operationalData',
      'severity',
      'source',
      'title',
    ])
    expect(filled.operationalData['/aws/dedup']).toEqual({
      type: 'SearchableString',
      value: expect.stringMatching(/^\{"dedupString":"tidegate-<[\w.-]+>"\}$/) as string,
    })
    for (const name of Object.keys(filled.operationalData)) expect(name).not.toMatch(/^(aws|amazon|amzn|ssm)/i)
  })

  it('takes no address that is not https', () => {
    const wrong = (stack: Stack) => ({ pagerDuty: { ...secretIn(stack, 'k'), url: 'http://events.pagerduty.com' } })
    expect(() => synthesised(wrong)).toThrow(expect.objectContaining({ code: 'definition_invalid' }))
  })
})
