import * as tf from '@tensorflow/tfjs-core'
import '@kd/native'
import * as losses from '@kd/losses'
await tf.setBackend('native'); tf.enableProdMode()
const N=128,C=100
const student=tf.variable(tf.randomNormal([N,C],0,1,'float32',1)), teacher=tf.randomNormal([N,C],0,1,'float32',2)
const labels=tf.tensor1d(Int32Array.from({length:N},(_, i)=>(i*7)%C),'int32')
const run=(m)=>{ tf.tidy(()=>{ const {value,grads}=tf.variableGrads(()=>m.loss({ids:new Int32Array(N),labels,studentLogits:tf.mul(student,1),teacherLogits:[teacher],studentFeatures:{},teacherFeatures:[{}],epoch:30}).total,[student]); value.dataSync() }) }
const ms={vanilla:losses.vanillaKd(),lr:losses.labelRevision(),lrkl:losses.labelRevision({loss:'kl'}),wsl:losses.weightedSoftLabels(),dkd:losses.decoupledKd()}
const engine=tf.engine(); 
const only=process.argv[2]
for (const [n,m] of Object.entries(ms)) { if (only&&n!==only) continue
  for (let i=0;i<300;i++) run(m)
  const t=[]
  for(let r=0;r<7;r++){ const a=process.cpuUsage(); for (let i=0;i<200;i++) run(m); const d=process.cpuUsage(a); t.push((d.user+d.system)/200) }
  t.sort((a,b)=>a-b)
  // count
  const counts={}; const orig=engine.runKernelFunc.bind(engine)
  engine.runKernelFunc=(o)=>{ const k=o.kernelName??'custom'; counts[k]=(counts[k]??0)+1; return orig(o)}
  run(m); engine.runKernelFunc=orig
  console.log(n, t[0].toFixed(0),'us cpu (min of 7)', Object.values(counts).reduce((a,b)=>a+b,0), JSON.stringify(counts))
}
