import { Conflict } from '@feathersjs/errors'
import { hooks } from '@feathersjs/schema'
import Datastore from '@seald-io/nedb'
import { NeDBService } from 'feathers-nedb'

import {
  userDataResolver,
  userDataValidator,
  userPatchResolver,
  userPatchValidator,
  userQueryResolver,
  userQueryValidator
} from './users.schema.js'

const refuseTakenAddress = async (context) => {
  if (context.error.errorType === 'uniqueViolated') {
    context.error = new Conflict('This email address is already in use')
  }
}

export const users = (app) => {
  const Model = new Datastore({ filename: app.get('database'), autoload: true })

  Model.ensureIndex({ fieldName: 'email', unique: true })

  app.use('users', new NeDBService({ Model, paginate: app.get('paginate') }), {
    methods: ['find', 'get', 'create', 'patch', 'remove']
  })

  app.service('users').hooks({
    before: {
      all: [hooks.validateQuery(userQueryValidator), hooks.resolveQuery(userQueryResolver)],
      create: [hooks.validateData(userDataValidator), hooks.resolveData(userDataResolver)],
      patch: [hooks.validateData(userPatchValidator), hooks.resolveData(userPatchResolver)]
    },
    error: {
      all: [refuseTakenAddress]
    }
  })
}
