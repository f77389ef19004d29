// What a service depends on besides its code, as its definition names it: secrets, parameters and AppConfig. Only when they
// changed is ever looked at, never what is in them.
import * as z from 'zod'
import type { Home } from '../origin.ts'
import { Problem } from '../problem.ts'

/** Secrets Manager ends the ARN of a secret with a hyphen and six characters. Without them it could be another secret's. */
const SecretArn = z
  .string()
  .max(600)
  .regex(
    /^arn:aws[a-z-]{0,20}:secretsmanager:[a-z0-9-]{5,30}:\d{12}:secret:[\w/+=.@-]{1,512}-[A-Za-z0-9]{6}$/,
    'a secret is named by its whole ARN, with the six characters at its end',
  )
const ParameterName = z
  .string()
  .max(500)
  .regex(/^\/?[\w.-]+(?:\/[\w.-]+){0,14}$/, 'a parameter is named as in Parameter Store, such as /checkout/limits')
const AppConfigId = z.string().regex(/^[a-z0-9]{4,7}$/, 'AppConfig calls it by an id of four to seven characters')

const AppConfigProfile = z.strictObject({
  application: AppConfigId,
  environment: AppConfigId,
  profile: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('The name of a configuration profile. Without it: every one of the environment.'),
})
export type AppConfigProfile = z.output<typeof AppConfigProfile>

const profileKey = ({ application, environment, profile }: AppConfigProfile): string =>
  [application, environment, ...(profile === undefined ? [] : [profile])].join('/')

const areDistinct = (names: readonly string[]): boolean => new Set(names).size === names.length
const once = 'each is named once'

export const Depends = z
  .strictObject({
    secrets: z.array(SecretArn).max(10).refine(areDistinct, once).optional(),
    parameters: z.array(ParameterName).max(10).refine(areDistinct, once).optional(),
    appConfig: z
      .array(AppConfigProfile)
      .max(5)
      .refine((all) => areDistinct(all.map(profileKey)), once)
      .optional(),
  })
  .refine(
    ({ secrets = [], parameters = [], appConfig = [] }) => secrets.length + parameters.length + appConfig.length > 0,
    {
      message: 'name a secret, a parameter or an environment of AppConfig',
    },
  )
export type Depends = z.output<typeof Depends>

export const kinds = ['secret', 'parameter', 'appConfig'] as const
export type Kind = (typeof kinds)[number]

/**
 * A secret is read in the account and region of the controller, where another one's ARN is never found.
 * @throws Problem `definition_invalid`
 */
export function checkDepends(depends: Depends | undefined, home: Pick<Home, 'account' | 'region'>): void {
  const elsewhere = (depends?.secrets ?? []).filter((arn) => {
    const [, , , region, account] = arn.split(':')
    return region !== home.region || account !== home.account
  })
  const [first] = elsewhere
  if (first !== undefined)
    throw new Problem(
      'definition_invalid',
      `depends.secrets: ${first} is not of account ${home.account} in ${home.region}, where this controller reads. Leave it out; it would never be read.`,
    )
}

/** What follows `secret:` in its ARN. */
export const secretName = (arn: string): string => arn.split(':secret:')[1] ?? arn
export const appConfigName = profileKey
