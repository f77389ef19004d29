// The stack with incidents out, and the forms that PagerDuty and Jira Service Management take, written without our code.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import * as z from 'zod'
import { ReleaseController } from '../../../lib/controller.ts'
import type { IncidentsOutProps } from '../../../lib/messages/incidents-out.ts'

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
export type Resources = Readonly<Record<string, Resource>>

export const consoleUrl = 'https://releases.example.com'
const service = { name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }], plan: 'AllAtOnce' }

export function synthesised(incidentsOut: (stack: Stack) => IncidentsOutProps): Resources {
  const stack = new Stack(new App(), 'tidegate', { env: { account: '000000000000', region: 'us-east-1' } })
  const made = incidentsOut(stack)
  new ReleaseController(stack, 'Controller', { services: [service], incidentsOut: made, consoleUrl: `${consoleUrl}/` })
  return (Template.fromStack(stack).toJSON() as { Resources: Resources }).Resources
}
export const secretIn = (stack: Stack, name: string) => ({
  secret: secretsmanager.Secret.fromSecretNameV2(stack, name, name),
})
export const all = (stack: Stack): IncidentsOutProps => ({
  pagerDuty: secretIn(stack, 'routing-key'),
  jiraServiceManagement: secretIn(stack, 'jira-key'),
  opsCenter: true,
})

/** As PagerDuty says: https://github.com/PagerDuty/developer-docs, docs/events-API-v2/02-Trigger-Events.md. */
export const PagerDutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    routing_key: z.literal('the routing-key'),
    event_action: z.literal('trigger'),
    dedup_key: z.string().min(1).max(255),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      component: z.string(),
      group: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.string()),
    }),
    client: z.string(),
    client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
  }),
  z.strictObject({
    routing_key: z.literal('the routing-key'),
    event_action: z.literal('resolve'),
    dedup_key: z.string().min(1).max(255),
    client: z.string(),
  }),
])
export const JiraAlert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().min(1).max(512),
  description: z.string().max(15_000),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
  source: z.string().max(100),
  entity: z.string().max(512),
  tags: z.array(z.string().max(50)).max(20),
  details: z.record(z.string(), z.string()),
})
