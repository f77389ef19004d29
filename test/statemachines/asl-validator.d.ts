// Its own declarations are not in its package.
declare module 'asl-validator' {
  function validate(definition: unknown): { readonly isValid: boolean; readonly errors: readonly unknown[] }
  export = validate
}
