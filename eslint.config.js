// Lint rules beyond the compiler's: no floating promises, no `any`, no default exports, functions of at most 60 lines.
import eslint from '@eslint/js'
import node from 'eslint-plugin-n'
import tseslint from 'typescript-eslint'
import { TypeFlags } from 'typescript'

/**
 * `record[key]` finds `toString` and `constructor` in every record, and `record['__proto__'] = x` sets none of its fields. So a key that
 * may be any text is looked up with `own` (core/own.ts) or in a Map.
 */
const ownFields = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { own: 'Any text may be this key, `toString` too: use own(record, key) of core/own.ts, or a Map.' },
  },
  create(context) {
    const { parserServices } = context.sourceCode
    const isAnyText = (type) =>
      type.isUnion() ? type.types.some(isAnyText) : (type.flags & (TypeFlags.String | TypeFlags.TemplateLiteral)) !== 0
    return {
      'MemberExpression[computed=true]'({ property }) {
        if (property.type === 'Literal' || !isAnyText(parserServices.getTypeAtLocation(property))) return
        context.report({ node: property, messageId: 'own' })
      },
    }
  },
}

export default tseslint.config(
  { ignores: ['.tidegate/', 'cdk.out/', 'node_modules/', 'dist/', 'coverage/', 'examples/**/*.mjs'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['{core,functions,cli,cloud,policy,console,lib,shadow}/**/*.ts'],
    // The embedded cloud runs on one machine for its user, and needs nothing of core/.
    ignores: ['cloud/local/**'],
    plugins: { tidegate: { rules: { 'own-fields': ownFields } } },
    rules: { 'tidegate/own-fields': 'error' },
  },
  {
    // What the published package has runs on Node 20 (package/code.ts). What the language has since then, tsconfig.json's `lib` leaves out.
    files: ['{client,core,functions,cli,cloud,console,lib,local,policy,provenance,shadow}/**/*.ts'],
    // Run from the sources alone.
    ignores: ['lib/sbom.ts', 'lib/bundle.ts', 'lib/app.ts', 'lib/template/write.ts'],
    plugins: { n: node },
    rules: {
      'n/no-unsupported-features/node-builtins': [
        'error',
        // It has those of util, zlib and import.meta, and where it has none of module's compile cache, it goes without.
        {
          version: '^20.18.0 || >=22',
          allowExperimental: true,
          ignores: ['module.enableCompileCache', 'module.flushCompileCache', 'zlib.crc32'],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
)
