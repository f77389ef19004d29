// Secrets of Secrets Manager, as text.
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { present, translated } from './failure.ts'

/** @returns the text of a secret, by its ARN */
export const awsSecret =
  (client: SecretsManagerClient) =>
  async (SecretId: string): Promise<string> => {
    const call = `secretsmanager:GetSecretValue of ${SecretId}`
    const { SecretString } = await translated(call, client.send(new GetSecretValueCommand({ SecretId })))
    return present(SecretString, 'SecretString', call)
  }
