// What an installation may reach that was made before its services, from the template without the CDK. A definition that needs
// more would be deaf or without rights, so it is not registered.
import * as z from 'zod'
import { locate } from '../location.ts'
import { type Home, homeOf, isSame, siteFrom, siteOfFunction, siteWords } from '../origin.ts'
import { sourcesOf } from '../service/artifacts.ts'
import type { Service } from '../service/service.ts'
import { isReported } from '../service/slo.ts'

/** The value of the same tag on functions that are only watched. */
export const observedTag = 'observe'

export const Reach = z.strictObject({
  /** Names of functions: `*` is any characters, `?` is one, as in a policy. */
  functions: z.string().max(64),
  /** What the functions are tagged with. */
  tag: z.strictObject({ key: z.string(), value: z.string() }),
  /** The bucket of artifacts; empty if there is none. */
  bucket: z.string(),
  /** The KMS key of its objects; empty if there is none. */
  key: z.string(),
  /** Names of repositories, as those of functions; empty if there is none. */
  repositories: z.string(),
  /** The workspace of Prometheus; empty if there is none. */
  workspace: z.string().optional(),
})
export type Reach = z.output<typeof Reach>

/** @returns what is out of reach, each as a sentence */
export function outOfReach(service: Service, reach: Reach, home: Home): readonly string[] {
  return [
    ...service.targets.flatMap(({ functionName, roleArn, lookRoleArn }) => [
      ...elsewhere(functionName, home),
      ...(fits(reach.functions, locate(functionName).name)
        ? []
        : [`Function ${functionName} is none of ${reach.functions} (parameter FunctionNames).`]),
      ...[roleArn, lookRoleArn].flatMap((role) =>
        role === undefined ? [] : [`It may assume no role, such as ${role}.`],
      ),
    ]),
    ...artifacts(service, reach, home),
    ...(service.signals.prometheus ?? []).flatMap(({ name, workspace }) =>
      workspace === undefined || workspace === reach.workspace
        ? []
        : [`Signal ${name} is read from a workspace that it may not read (parameter PrometheusWorkspace).`],
    ),
    ...(service.targets.some(({ moveScaling }) => moveScaling)
      ? ['It has no right to move what Application Auto Scaling does (`moveScaling`).']
      : []),
    ...(service.versions === undefined ? [] : ['It has no right to delete old versions (`versions`).']),
    ...(service.depends === undefined
      ? []
      : ['It has no right to see when secrets, parameters and configurations change (`depends`).']),
    ...(service.incidents.from ?? [])
      .map((from) => siteFrom(from, home))
      .filter((site) => !isSame(site, home))
      .map((site) => `It hears of no incidents of ${siteWords(site)}.`),
    ...service.slos.flatMap((slo) =>
      isReported(slo) && slo.sli.id.startsWith('arn:') && !isSame(homeOf(slo.sli.id), home)
        ? [`SLO ${slo.sli.id} is in another account or region.`]
        : [],
    ),
  ]
}

const elsewhere = (functionName: string, home: Home): readonly string[] =>
  isSame(siteOfFunction(functionName, home), home) ? [] : [`Function ${functionName} is in another account or region.`]

function artifacts(service: Service, reach: Reach, home: Home): readonly string[] {
  const { s3, ecr } = sourcesOf(service)
  return [
    ...s3.flatMap(({ bucket, account = home.account, kmsKey }) => [
      ...(bucket === reach.bucket && account === home.account
        ? []
        : [`Bucket ${bucket} is not its bucket of artifacts (parameter ArtifactBucket).`]),
      ...(kmsKey === undefined || kmsKey === reach.key
        ? []
        : [`${kmsKey} is not the key of its artifacts (parameter ArtifactKey).`]),
    ]),
    ...ecr.flatMap(({ repository, registry = home.account }) =>
      registry === home.account && fits(reach.repositories, repository)
        ? []
        : [`Repository ${repository} is none of its repositories (parameter ImageRepositories).`],
    ),
  ]
}

/** As IAM compares: letter by letter, with `*` and `?`. */
function fits(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(name)
}
