declare module 'asl-validator' {
  /** Its own declarations are not in its package. */
  export default function validate(definition: unknown): {
    readonly isValid: boolean
    readonly errors: readonly unknown[]
  }
}
