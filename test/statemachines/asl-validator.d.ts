// The package does not contain its own type declarations.
declare module 'asl-validator' {
  function validate(definition: unknown): { readonly isValid: boolean; readonly errors: readonly unknown[] }
  export = validate
}
