import { Ajv, getValidator, resolve } from '@feathersjs/schema'
import { Type, querySyntax } from '@feathersjs/typebox'
import addFormats from 'ajv-formats'

const dataValidator = addFormats(new Ajv({}), ['date-time', 'email'])
const queryValidator = addFormats(new Ajv({ coerceTypes: true }), ['date-time', 'email'])

const userSchema = Type.Object(
  {
    _id: Type.String(),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    email: Type.String({ format: 'email', maxLength: 254 }),
    createdAt: Type.String({ format: 'date-time' })
  },
  { $id: 'User', additionalProperties: false }
)

const lowerCase = async (value) => value?.toLowerCase()

export const userDataSchema = Type.Pick(userSchema, ['name', 'email'], { $id: 'UserData' })
export const userDataValidator = getValidator(userDataSchema, dataValidator)
export const userDataResolver = resolve({
  email: lowerCase,
  createdAt: async () => new Date().toISOString()
})

export const userPatchSchema = Type.Partial(userDataSchema, { $id: 'UserPatch' })
export const userPatchValidator = getValidator(userPatchSchema, dataValidator)
export const userPatchResolver = resolve({ email: lowerCase })

const userQueryProperties = Type.Object({
  _id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  createdAt: Type.String()
})
export const userQuerySchema = Type.Intersect(
  [querySyntax(userQueryProperties), Type.Object({}, { additionalProperties: false })],
  { additionalProperties: false }
)
export const userQueryValidator = getValidator(userQuerySchema, queryValidator)
export const userQueryResolver = resolve({
  email: async (value) => (typeof value === 'string' ? value.toLowerCase() : value)
})
