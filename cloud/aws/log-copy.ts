// The copy of the release logs in S3: objects that are written once, and never over another (docs/aws.md §16).
import { createHash } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { LogCopy } from '../ports.ts'
import { asProblem, isNamed, translated } from './failure.ts'

export function awsLogCopy(s3: S3Client, Bucket: string): LogCopy {
  return {
    async put(Key, text) {
      const request = {
        ...{ Bucket, Key, Body: text, ContentType: 'application/json', IfNoneMatch: '*' },
        ChecksumSHA256: createHash('sha256').update(text).digest('base64'),
      }
      try {
        await s3.send(new PutObjectCommand(request))
        return 'written'
      } catch (error) {
        if (!isNamed(error, 'PreconditionFailed')) throw asProblem(error, `s3:PutObject of ${Bucket}/${Key}`)
      }
      const { Body } = await translated(
        `s3:GetObject of ${Bucket}/${Key}`,
        s3.send(new GetObjectCommand({ Bucket, Key })),
      )
      return (await Body?.transformToString()) === text ? 'same' : 'other'
    },
  }
}
