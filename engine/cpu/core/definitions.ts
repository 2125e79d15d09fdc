// The definitions of the services in one module, but for those that the interpreter defines itself.
import type { ModuleBuilder } from '../wasm/module.ts';
import { defineAccess } from './access.ts';
import { defineExceptions } from './exceptions.ts';
import { defineFetch } from './fetch.ts';
import { defineLazyFlags } from './lazy-flags.ts';
import type { HostCalls, ServiceContext, Services } from './services.ts';
import { DEFINED } from './services.ts';
import { defineAddressTranslation, defineTranslation } from './translation.ts';

/** Declares all services and defines them, but for untranslated (loop.ts) and decodeLine (decode-line.ts). */
export function defineServices(module: ModuleBuilder, host: HostCalls): Services {
  const declared = Object.entries(DEFINED).map(([name, [params, results]]) => [
    name,
    module.declare(name, params, results),
  ]);
  const services = { ...host, ...(Object.fromEntries(declared) as object) } as Services;
  const context: ServiceContext = { module, services };
  defineExceptions(context);
  defineTranslation(context);
  defineAddressTranslation(context);
  defineAccess(context);
  defineFetch(context);
  defineLazyFlags(context);
  return services;
}
