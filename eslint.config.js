import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['*/', '!frontend/', '!tests/', 'tests/*/', '!tests/js/'] },
  js.configs.recommended,
  {
    rules: {
      'max-len': ['error', { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true }],
      'no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  { files: ['frontend/**/*.js'], languageOptions: { globals: globals.browser } },
  { files: ['frontend/features/onboarding/onboarding.js'], languageOptions: { sourceType: 'script' } },
  { files: ['tests/js/**/*.js'], languageOptions: { globals: globals.node } },
];
