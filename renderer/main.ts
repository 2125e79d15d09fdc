// Starts the window: fonts and tokens, the bridge to main, then the application.
import '@xterm/xterm/css/xterm.css';
import './theme/fonts.css';
import './theme/tokens.css';
import './theme/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { openBridge } from './bridge.ts';
import { Workbench } from './state/workbench.svelte.ts';

mount(App, { target: document.getElementById('workbench')!, props: { workbench: new Workbench(openBridge()) } });
