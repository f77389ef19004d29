// How a version is configured, from Lambda's description of it. The values of environment variables leave this file as digests
// only: they may be secrets.
import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import { createHash } from 'node:crypto'
import type { Configuration } from '../../core/around/configuration.ts'

/** Descriptions hold none of an image's settings that Lambda does not override: those are part of the image. */
export function configurationOf(found: FunctionConfiguration): Configuration {
  const { Variables = {}, Error: unread } = found.Environment ?? {}
  const hidden = Object.entries(Variables).map(
    ([name, value]) => [`environment variable ${name}`, createHash('sha256').update(value).digest('hex')] as const,
  )
  const because = unread === undefined ? '' : `${unread.ErrorCode ?? 'an error'}: ${unread.Message ?? ''}`.slice(0, 300)
  return {
    shown: withoutEmpty({ ...plainSettings(found), ...listedSettings(found), ...layers(found) }),
    hidden: Object.fromEntries(hidden),
    ...(because === '' ? {} : { unread: because }),
  }
}

type Settings = Readonly<Record<string, string | undefined>>

const withoutEmpty = (settings: Settings): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  )

const plainSettings = (found: FunctionConfiguration): Settings => ({
  memory: withUnit(found.MemorySize, 'MB'),
  timeout: withUnit(found.Timeout, 's'),
  'temporary storage': withUnit(found.EphemeralStorage?.Size, 'MB'),
  runtime: found.Runtime,
  // Lambda may have moved it to a newer patch between two publications.
  'runtime version': found.RuntimeVersionConfig?.RuntimeVersionArn,
  handler: found.Handler,
  'package type': found.PackageType,
  tracing: found.TracingConfig?.Mode,
  SnapStart: found.SnapStart?.ApplyOn,
  'dead-letter target': found.DeadLetterConfig?.TargetArn,
  'KMS key': found.KMSKeyArn,
  'log format': found.LoggingConfig?.LogFormat,
  'log level': found.LoggingConfig?.ApplicationLogLevel,
  'log group': found.LoggingConfig?.LogGroup,
  'code signing profile': found.SigningProfileVersionArn,
})

const withUnit = (size: number | undefined, unit: string): string | undefined =>
  size === undefined ? undefined : `${size} ${unit}`

const listed = (items: readonly string[] | undefined): string => [...(items ?? [])].sort().join(' ')

/** Lists have no order that means anything, but for the words of a command. */
const listedSettings = (found: FunctionConfiguration): Settings => ({
  architecture: listed(found.Architectures),
  subnets: listed(found.VpcConfig?.SubnetIds),
  'security groups': listed(found.VpcConfig?.SecurityGroupIds),
  'file systems': listed(found.FileSystemConfigs?.map(({ Arn, LocalMountPath }) => `${Arn} at ${LocalMountPath}`)),
  'image entry point': found.ImageConfigResponse?.ImageConfig?.EntryPoint?.join(' '),
  'image command': found.ImageConfigResponse?.ImageConfig?.Command?.join(' '),
  'image working directory': found.ImageConfigResponse?.ImageConfig?.WorkingDirectory,
})

/** `arn:aws:lambda:eu-west-1:111122223333:layer:shared:4` is version 4. Layers of two accounts may have the same name. */
const layers = ({ Layers = [] }: FunctionConfiguration): Settings =>
  Object.fromEntries(
    Layers.flatMap(({ Arn = '' }) => {
      const [account, kind, name, version] = Arn.split(':').slice(4)
      return kind === 'layer' ? [[`layer ${account}:${name}`, version] as const] : []
    }),
  )
