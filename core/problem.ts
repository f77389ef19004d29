// Every problem that a person can run into: a stable code, one sentence (written where it is thrown), and how to fix it.
import type * as z from 'zod'
import { oneLine } from './foreign-text.ts'
import { type IssueFacts, wordsOf } from './issue-words.ts'

/**
 * How to fix each problem, by code. docs/reference.md lists them from this table; docs/operate.md has a section for each one that
 * pages.
 */
export const problems = {
  // Input
  definition_invalid: 'Correct the named field of the service definition and apply it again.',
  definition_contested: 'Look with `tidegate diff FILE` at what holds now, and apply again.',
  call_invalid: 'Correct the named argument and call again. Nothing was changed.',
  task_invalid: 'The state machine calls this function. People call tidegate-orderRollback, or `tidegate rollback`.',
  door_only: 'Use `tidegate`, or call the API with a signed request: docs/deploy.md has its routes.',
  idempotency_key_reused:
    'Use a new Idempotency-Key for each new request. The same key is for the same request, sent again.',
  idempotency_key_in_use: 'Send the same request again in some seconds: it gets the answer of the first one.',
  reading_missing: 'See docs/api.md, or GET /openapi.json, for what there is to read.',
  problem_missing: 'See docs/reference.md for the codes of all problems.',
  attester_reserved: 'Attest with a user or a role of another name. Nothing was stored.',
  binding_differs:
    'An artifact is built from one commit. Check which one it is; to correct what was said, say it again with `replaces` (`--replaces REASON`).',
  bundle_invalid:
    'Hand in the Sigstore bundle or the DSSE envelope as the signer wrote it, with one signature (docs/gates.md). Nothing was stored.',
  bundle_unsupported:
    'Hand in SLSA provenance, a test result or a scan in the form of in-toto, or what `cosign sign` or `cosign attest` has written (docs/gates.md). Nothing was stored.',
  bundle_foreign:
    'Hand in the statement about this artifact: its digest must be among the subjects of the statement. Nothing was stored.',
  signer_unknown:
    'If this signer is to be believed, add it to `attestations.signers` of the service. If not, find out who hands in its statements. Nothing was stored.',
  signature_invalid:
    'Check that the statement was not changed, and that the keys in `attestations.signers` are the right ones. Nothing was stored.',
  caller_unknown: 'Call the API as an IAM user, or with a role that you have assumed.',
  unforeseen:
    'This is a fault of Tidegate. Run the command again with TIDEGATE_STACK=1, and report what it prints. `tidegate status` says what holds.',
  credentials_missing:
    'Log in to AWS, or set AWS_PROFILE. For the embedded cloud, set AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE as `tidegate local` prints them.',
  credentials_refused:
    'Log in again: the credentials have expired, or are of another account or cloud. For the embedded cloud, use those that `tidegate local` prints.',
  region_missing: "Set AWS_REGION to the controller's region, such as eu-west-1.",
  endpoint_unreachable:
    'Check the network, AWS_REGION, and AWS_ENDPOINT_URL if it is set. For the embedded cloud, start `tidegate local` and use the address that it prints.',
  table_missing:
    "Set TIDEGATE_TABLE to the controller's table, and AWS_REGION and AWS_PROFILE to its region and account, or deploy the stack.",
  port_unusable: 'Stop the other program, or choose a free port with --port.',
  file_unusable: 'Check that the folder exists, and that you may write there.',
  part_missing:
    'Where Tidegate is installed, run `npm install dynalite@4` for the embedded cloud, or `npm install aws-cdk-lib constructs` for the template; in a clone of the repository, `npm ci` without --omit=dev.',
  api_unknown:
    "Set TIDEGATE_API to the stack's output Api. If it is that, the controller is older than the command line: deploy it.",
  plan_bolder:
    'Start the release with its own plan, or with a more careful one; a bolder plan is a right of its own (`--bolder`).',
  service_out_of_reach:
    'Change the parameters of the stack, or tag the function, as the message says (docs/template.md); or install the controller with the CDK. Nothing was changed.',
  prometheus_refused:
    'Name a workspace in the account and region of the controller, or deploy the controller with the address in `prometheusUrls` (docs/prometheus.md). Nothing was changed.',
  service_observed:
    'Others move its aliases. Apply the definition with `mode: own` when Tidegate is to move them (docs/observe.md). Nothing was changed.',
  artifact_not_allowed:
    'Release an artifact that the message names, or add this one to `allowedArtifacts` in the definition and deploy it (docs/deploy.md). A published version of a target can always be released by its number.',
  request_reused: 'Use a new request id for each new request. The same id always means the same release.',
  event_unknown:
    'Send an ECR push, an S3 object, a CloudFormation version or a direct call. Other events do not start releases.',
  event_invalid: 'Compare the event with the format in docs/reference.md. Nothing was changed.',
  item_unreadable: "Another version, or a person, wrote the stored item. Restore it from the table's backup.",
  log_changed:
    'Run `tidegate log RELEASE --verify`, and see docs/operate.md, "A log was changed". Nothing of ours changes a log.',
  event_foreign:
    'Nothing was changed. If events from there are to count, name the account in the definition: triggers.s3.account, triggers.ecr.registry, incidents.from, or a target there (docs/deploy.md). If you know of none, find out who sends them.',
  event_ahead:
    'Nothing was changed. Find out who sends an event that is dated in the future: AWS dates its events by its own clock.',
  job_foreign:
    'Nothing was answered. Let pipelines ask by mayReleaseRule, and find out who else invokes the function (docs/deploy.md).',
  openslo_invalid: 'Correct the named field of the OpenSLO document and import it again. Nothing was imported.',
  shadow_invalid:
    'Correct what the message names in the definition of the shadow (docs/shadow.md). Nothing is sampled or tried until then.',
  replay_invalid: 'Correct the file at the named line or column and replay it again.',
  replay_ambiguous:
    'Name the versions with --stable and --candidate, or each series with --series ROLE=NAME (`tidegate replay --help`). Nothing was guessed.',
  replay_resolution: 'Export one point a minute: --period 60 with the AWS CLI, step=60 with Prometheus.',
  replay_too_large: 'Give a shorter time or fewer series: one release is enough for a replay.',
  replay_empty:
    'A replay compares two versions that had requests in the same minutes. Choose a time in which both had some.',
  backtest_empty:
    'Release the service a few times, or add --from-cloudwatch, which reads the days between releases (docs/verdict.md).',
  service_missing: 'Apply the service definition first, or correct the service name.',
  release_missing: 'Run `tidegate history SERVICE` and use one of the ids that it lists.',
  trigger_missing: 'Add a trigger for this artifact to one service definition, or start the release by name.',
  route_refused: "Ask for the route's right (execute-api:Invoke): docs/deploy.md has the right of each order.",
  trace_refused:
    'Check the endpoint, and OTEL_EXPORTER_OTLP_HEADERS if it asks for a token. Send it again: it is the same trace.',
  telemetry_refused:
    'Check the address and the secret of the receiver (docs/telemetry.md). It is sent again for a day, and what was sent already stays one.',
  // Admission
  queue_full:
    'Try again when releases of the service have ended, or abort those that nobody wants any more (`tidegate abort SERVICE --release ID`). An event is kept: `tidegate lost retry` sends it again. `policy.whileLive: coalesce` keeps the newest only; policy.waitingMost is the limit.',
  service_busy: 'Wait for the live release to end, or set policy.whileLive to queue or supersede.',
  approval_refused: 'Ask a person who may approve: see `gates.approvals` of the service, and docs/policy.md.',
  override_refused:
    'See docs/policy.md for who may override which gate. A stopped line has to be started, and an approval given; neither can be overridden.',
  no_live_release: 'No release is live for this service. Run `tidegate history SERVICE`.',
  one_way_passed:
    'Fix it forward: release a version that can live with what was done, with `--fixes RELEASE` where a release is frozen (docs/one-way.md). Nothing was moved.',
  nothing_to_fix:
    'Look with `tidegate status` at what is frozen, and name that release; without `--fixes` it is a usual release. Nothing was started.',
  nothing_to_return_to:
    'See `tidegate history SERVICE`: a rollback goes only to a version that had all traffic before. Release any other version by its number.',
  not_in_charge:
    'Nothing was moved. Run `tidegate status SERVICE` and `tidegate history SERVICE`: put back the release that is named, or none.',
  person_decides:
    'Ask a person. They order it with their own credentials: `person_command` prints the command. Nothing was changed.',
  verb_not_now: 'Run `tidegate status SERVICE`: the release is not in a state that allows this.',
  answer_unproven:
    'Send the `answer.nonce` that the call of this hook and attempt carried (docs/start.md). Whoever was not called cannot answer: promote, or abort the release instead.',
  hook_running:
    'What the hook returns is its answer. To answer by a call, it returns `later` first. If it just did, send the answer again in a few seconds.',
  alias_taken:
    'Correct the target. Or take the alias out of the service that is named, or remove that service (`tidegate remove`), and apply again. Nothing was changed.',
  mode_not_now: 'Wait until the release has ended, or abort it, and apply the definition again. Nothing was changed.',
  // Preparation
  alias_missing: 'Create the alias, or correct `alias` in the service definition.',
  alias_split:
    'The alias has weights that Tidegate did not set. Remove them (update-alias with an empty routing config) and release again.',
  alias_on_latest: 'Point the alias at a published version first. $LATEST cannot be part of a weighted alias.',
  version_missing: 'Publish the version, or release one that exists.',
  alias_provisioned:
    'Move provisioned concurrency from the alias to the version that has the traffic. Give it to the new version too, before you release it (docs/deploy.md).',
  alias_scaled:
    'Deregister the scalable target of the alias, and register one of the version that has the traffic instead (docs/concurrency.md).',
  concurrency_moving:
    'Nothing to do: Lambda is preparing provisioned concurrency, and the call is retried. If it does not finish, read StatusReason of get-provisioned-concurrency-config.',
  concurrency_no_room:
    'Nothing to do with the release: it goes on by itself once there is room. Free some (reserved or provisioned concurrency of other functions, of old versions), ask AWS for a higher quota, or abort and promise less (docs/concurrency.md).',
  concurrency_failed:
    'Lambda is asked again by itself. If it goes on failing, the initialization of the version fails: read its log, and abort the release (docs/concurrency.md).',
  version_not_active: 'Wait until Lambda reports the version as Active, then release again.',
  version_asleep:
    'Invoke the version once so that Lambda loads it again, then release it again. Or let the controller do it (policy.wake).',
  version_failed: 'Lambda could not make the version runnable. Read its StateReason and publish a corrected version.',
  roles_differ:
    'Give both versions the same execution role. Lambda refuses weights between versions with different roles.',
  target_unknown: 'The candidate names a function that is not a target of the service. Correct one of the two.',
  artifact_elsewhere: 'Publish the versions in the account and region of the functions, and release them by number.',
  alarm_missing: 'Create the alarm, or remove it from the service definition. A misspelled alarm guards nothing.',
  consumed_missing:
    'Correct the name in `signals.consumers`, or create what it names in the account and region of its function. If it is there, give the role that asked the right to look (docs/consumers.md).',
  code_changed: 'Another publisher changed the function while the release was being prepared. Release again.',
  code_unsigned:
    "Sign the package with AWS Signer, with a profile that the function's code signing configuration allows, and upload it again.",
  code_refused: 'Lambda does not accept this package. Correct what the message names, and upload it again.',
  code_storage_full: 'Delete function versions that nothing uses, or ask AWS for a larger quota, then release again.',
  key_unusable:
    "Allow the role to use the KMS key (kms:Decrypt in the role's policy and in the key's policy), and check that the key is enabled.",
  artifact_missing: 'The artifact does not exist or cannot be read. Upload it again, or check who may read it.',
  // AWS
  aws_refused:
    'AWS would refuse the same call again. Read the message, and check what changed on the AWS resource that it names.',
  permission_denied: 'Grant the named action to the role of the controller function, then release again.',
  traffic_moved:
    'Somebody else changed the alias. Find out who did and why, and release again when they have finished.',
  aws_throttled: 'AWS throttled the call, and it is retried. If it persists, look for other callers of the same API.',
  aws_unavailable: 'AWS did not answer as expected, and the call is retried. Read the cause.',
  queue_missing:
    "Set TIDEGATE_PREFIX to the controller's name and AWS_REGION to its region, or deploy the stack again.",
  // Rollback
  return_failed: 'The alias could not be put back. Run the update-alias command from the page, then run the sweep.',
  execution_lost: 'The state machine execution ended before the release did. The sweep has put the alias back.',
  crowded: 'Too many writers at once for this release. Try again in a few seconds.',
} as const

export type ProblemCode = keyof typeof problems

/** An error that a person can act on. Bugs are not Problems: they crash. */
export class Problem extends Error {
  readonly code: ProblemCode
  /** @param sentence what happened, with the relevant names and numbers */
  constructor(code: ProblemCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    // Step Functions matches errors by name, so each code has its own error name.
    this.name = `Tidegate.${code}`
    this.code = code
  }
  get fix(): string {
    return problems[this.code]
  }
  /** The structured log line. */
  get line(): { readonly level: 'error'; readonly message: string; readonly code: ProblemCode; readonly fix: string } {
    return { level: 'error', message: this.message, code: this.code, fix: this.fix }
  }
}

/** AWS does not answer, or throttles. A caller that can wait should retry. */
export const isAway = (error: unknown): error is Problem & { readonly code: 'aws_unavailable' | 'aws_throttled' } =>
  error instanceof Problem && (error.code === 'aws_unavailable' || error.code === 'aws_throttled')

/** @throws Problem `code`, with a sentence that says what is invalid and where */
export function readInput<S extends z.ZodType>(
  schema: S,
  input: unknown,
  code: ProblemCode,
  what: string,
): z.output<S> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new Problem(code, `${what} is not valid: ${issuesSentence(parsed.error.issues)}.`)
}

/** For `catch`: a problem of this code means `instead`; every other error stays what it is. */
export const insteadOf =
  <T>(code: ProblemCode, instead: T) =>
  (error: unknown): T => {
    if (error instanceof Problem && error.code === code) return instead
    throw error
  }

/** The part of a zod issue that sentences are made from. */
type Issue = IssueFacts & {
  readonly path: readonly PropertyKey[]
  /** For a union: the issues of each branch. */
  readonly errors?: readonly (readonly Issue[])[] | undefined
}

/** What is wrong, and where: `field` is the path as people write it, empty for the whole. */
export type Wrong = { readonly path: readonly PropertyKey[]; readonly field: string; readonly words: string }

/** In zod's order. */
export function wrongIn(issues: readonly Issue[]): readonly Wrong[] {
  const told = issues.flatMap(meant).map((issue) => {
    // A field that nobody knows is named itself.
    const [key, ...others] = issue.keys ?? []
    const path = key === undefined || others.length > 0 ? issue.path : [...issue.path, key]
    return { path, field: asWritten(issue.path), words: wordsOf(issue) }
  })
  // Both sides of an intersection say what is wrong with what they share.
  return [...new Map(told.map((one) => [`${one.field}\n${one.words}`, one])).values()]
}

/** One sentence for the first three issues, in zod's order. */
export function issuesSentence(issues: readonly Issue[]): string {
  const told = wrongIn(issues)
  const shown = told.slice(0, 3).map(({ field, words }) => (field === '' ? words : `${field}: ${words}`))
  const more = told.length > 3 ? ` (and ${told.length - 3} more)` : ''
  return shown.join('; ') + more
}

const keyMax = 60

/** `plan.steps[1].bake` */
const asWritten = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${oneLine(String(part), keyMax)}`,
    )
    .join('')

/**
 * For a union, the issues of the branch that the person probably meant: the one whose shape fits best. If none fits, or several
 * fit equally well, the issue of the union itself, which says what is allowed.
 */
function meant(issue: Issue): readonly Issue[] {
  if (issue.errors === undefined) return [issue]
  const fits = issue.errors
    .filter((branch) => !branch.some(isOfAnotherKind))
    .map((branch) => ({ branch, misfits: branch.filter(({ path }) => path.length <= 1).length }))
  const least = Math.min(...fits.map(({ misfits }) => misfits))
  const [best, another] = fits.filter(({ misfits }) => misfits === least)
  if (best === undefined || another !== undefined) return [issue]
  return best.branch.flatMap(meant).map((one) => ({ ...one, path: [...issue.path, ...one.path] }))
}

/** A string where an object is wanted, or a different literal. */
const isOfAnotherKind = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
