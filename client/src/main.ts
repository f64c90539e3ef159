import '@fontsource-variable/atkinson-hyperlegible-next';
import '@fontsource-variable/bricolage-grotesque';
import './styles/base.css';
import './styles/tokens.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { reloadWhenPartsAreGone } from './ui/upgrade';

reloadWhenPartsAreGone();
const target = document.getElementById('app');
if (target) mount(App, { target });
