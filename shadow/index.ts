// `tidegate/shadow`: what a function imports to have a share of its events sampled. It brings no package with it.
export { attributesOf, isShadow, sampled, type Sampling } from './sampled.ts'
