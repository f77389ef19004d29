// The wiring of the function that sends telemetry to receivers outside of AWS.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsSecret } from '../cloud/aws/secrets.ts'
import { receiversOf } from '../cloud/receivers/receivers.ts'
import { receiversIn, readEnvironment, TelemetryEnvironment } from './environment.ts'
import { log, patience, trouble, traced } from './instruments.ts'
import { sendTelemetryHandler } from './listeners/send-telemetry.ts'
import { clock, home, journal, once } from './ports.ts'
import { wired } from './wired.ts'

const receivers = /* @__PURE__ */ once(() =>
  receiversOf(
    receiversIn(readEnvironment(process.env, TelemetryEnvironment)),
    awsSecret(traced(new SecretsManagerClient(patience))),
  ),
)

export const sendTelemetry = /* @__PURE__ */ wired('sendTelemetry', () =>
  sendTelemetryHandler({ clock, home: home(), journal: journal(), log, trouble, receivers: receivers() }),
)
