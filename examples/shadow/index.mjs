// What every version of the shop has around its checkout.mjs: its clients, and the samples for the shadow of the next version.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { attributesOf, isShadow, sampled } from 'tidegate/shadow'
import { checkout } from './v2/checkout.mjs'

const db = new DynamoDBClient({})
/** A store that is away or slow is given up soon, and changes nothing for the customer. */
const patient = { maxAttempts: 1, requestHandler: { connectionTimeout: 500, requestTimeout: 1000 } }
const samples = new DynamoDBClient(patient)

export const handler = sampled(
  checkout({ db, isShadow: isShadow(), newId: () => crypto.randomUUID(), now: () => new Date() }),
  {
    share: 0.05,
    redact: ['/email'],
    put: (item) => samples.send(new PutItemCommand({ TableName: process.env.SAMPLES, Item: attributesOf(item) })),
  },
)
