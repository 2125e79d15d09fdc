// The door of the configuration room: everything other rooms may use. See model.ts for the model itself.
export * from './model.ts';
